import type { Event } from '@millrace/events';
import { createAppender, createSettler, type Entry, openBlockingSource, type Stream } from '@millrace/stream-client';
import { anEvent } from './open-test-stream.js';

/** What matters about a dead letter to a test. */
export interface DeadLetterTraits {
  readonly route?: string;
  readonly reason?: string;
  readonly code?: string;
  readonly message?: string;
  readonly type?: string;
}

/** Reads what is new in the stream, as the one consumer of these tests. */
export async function readNew(stream: Stream, count: number): Promise<Entry[]> {
  const source = await openBlockingSource(stream, 'me', 50);
  const entries = (await source.read(count)) as Entry[];
  await source.close();
  return entries;
}

/** Gives the next delivery in the stream up. Resolves with the dead letter's id. */
export async function giveUpNext(stream: Stream, traits: DeadLetterTraits = {}): Promise<string> {
  const [entry] = await readNew(stream, 1);
  if (entry === undefined) throw new Error('there is nothing to read');
  const { route = 'score', reason = 'attempts-exhausted', code = 'TOOL_TIMEOUT', message = 'no answer' } = traits;
  const detail = { version: 'v1', effects: [], reason, error: { code, message } };
  const attempt = entry.retry?.attempt ?? 1;
  const outcomes = [{ route, state: 'dead', attempt, detail }] as const;
  await createSettler(stream, 'me').settle({ entry, routes: [route], outcomes });
  return `${entry.ref}.${route}`;
}

/** Appends an event and gives its one delivery up. Resolves with the dead letter's id. */
export async function aDeadLetter(stream: Stream, id: string, traits: DeadLetterTraits = {}): Promise<string> {
  const event: Event = { ...anEvent(id), type: traits.type ?? 'com.test.happened' };
  const attributes = { ...event.attributes, type: event.type };
  const appender = createAppender(stream, { maxBacklog: 1_000, deadlineMs: 60_000 });
  const result = await appender.append({ ...event, attributes });
  if (result.kind !== 'accepted') throw new Error(`event ${id} was ${result.kind}`);
  return giveUpNext(stream, traits);
}

/** As `aDeadLetter`, for an entry that nobody can decode. */
export async function anUndecodableDeadLetter(stream: Stream): Promise<string> {
  await stream.redis.xadd(stream.keys.events, '*', 'event', '{"type"', 'not', 'ours');
  return giveUpNext(stream, { route: '-', reason: 'undecodable' });
}
