import type { Event } from '@millrace/events';
import { contentHashOf } from '@millrace/events';
import { createAppender, openStream, type Stream, type StreamOptions } from '@millrace/stream-client';

/** A stream with short lifetimes on a test's own Redis. */
export function openTestStream(redisUrl: string, settings: Partial<StreamOptions> = {}): Promise<Stream> {
  return openStream({
    redisUrl,
    namespace: 'test',
    durability: 'fsync',
    clientName: 'test',
    connectTimeoutMs: 30_000,
    identityTtlMs: 60_000,
    recordTtlMs: 120_000,
    ...settings,
  });
}

export function anEvent(id: string, data: unknown = { total: 5 }, attributes: Record<string, string> = {}): Event {
  const own = { id, source: '/test', type: 'com.test.happened' };
  return {
    ...own,
    attributes: { specversion: '1.0', ...own, ...attributes },
    data: { kind: 'json', bytes: Buffer.from(JSON.stringify(data)) },
  };
}

/** Appends events one after the other and returns their refs. */
export async function appendAll(stream: Stream, ids: readonly string[]): Promise<string[]> {
  const appender = createAppender(stream, { maxBacklog: 1_000_000, deadlineMs: 60_000 });
  const refs: string[] = [];
  for (const id of ids) {
    const event = anEvent(id);
    const result = await appender.append(event, contentHashOf(event));
    if (result.kind !== 'accepted') throw new Error(`event ${id} was ${result.kind}`);
    refs.push(result.ref);
  }
  return refs;
}
