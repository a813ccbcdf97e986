import type { Event } from '@millrace/events';
import { createLogger, createMetrics, createRegistry } from '@millrace/runtime';
import { type AppendResult, type EventRecord, recordToJson } from '@millrace/stream-client';
import { OPEN } from '../src/access/access.js';
import { type AppParts, createApp } from '../src/app.js';

/** A producer app over a stream in memory, whose answers a test can replace. */
export async function createTestApp(
  overrides: Partial<AppParts['config']> = {},
  parts: Partial<Pick<AppParts, 'schemas' | 'access'>> = {},
) {
  const events: Event[] = [];
  const records = new Map<string, EventRecord>();
  const wakers = new Set<() => void>();
  const seen = new Map<string, { ref: string; contentHash: string }>();
  const registry = createRegistry();
  const stream = {
    events,
    records,
    problems: [] as string[],
    /** Replaces what append answers. */
    append: undefined as ((event: Event) => Promise<AppendResult>) | undefined,
    /** Replaces what reading answers. */
    read: undefined as ((ref: string) => Promise<EventRecord | undefined>) | undefined,
    waiting: () => wakers.size,
    change(ref: string, change: Partial<EventRecord>) {
      const record = records.get(ref);
      if (record !== undefined) records.set(ref, { ...record, ...change });
      for (const wake of wakers) wake();
    },
  };

  async function append(event: Event, contentHash: string): Promise<AppendResult> {
    if (stream.append !== undefined) return stream.append(event);
    const identity = `${event.source} ${event.id}`;
    const first = seen.get(identity);
    if (first !== undefined)
      return { kind: first.contentHash === contentHash ? 'duplicate' : 'conflict', ref: first.ref };
    const ref = `0-${events.push(event)}-0`;
    seen.set(identity, { ref, contentHash });
    records.set(ref, { ref, event, state: 'open', acceptedAt: new Date(0), deliveries: [] });
    return { kind: 'accepted', ref };
  }

  const app = await createApp({
    config: {
      appendDeadlineMs: 30_000,
      defaultSource: '/millrace/http',
      maxEventBytes: 256 * 1024,
      maxRecordStreams: 2,
      maxWaiters: 2,
      ...overrides,
    },
    appender: {
      appendFor: (event, contentHash, waiter) =>
        void append(event, contentHash).then(
          (result) => waiter.resolve(result),
          (error: unknown) => waiter.reject(error),
        ),
    },
    records: {
      read: (ref) => (stream.read === undefined ? Promise.resolve(records.get(ref)) : stream.read(ref)),
      render: recordToJson,
      nextChange: (_ref, signal) =>
        new Promise((resolve) => {
          const wake = () => {
            wakers.delete(wake);
            resolve();
          };
          wakers.add(wake);
          signal.addEventListener('abort', wake, { once: true });
          if (signal.aborted) wake();
        }),
    },
    schemas: parts.schemas ?? (() => new Map()),
    access: parts.access ?? OPEN,
    readiness: { problems: () => stream.problems },
    metrics: createMetrics(registry),
    registry,
    logger: createLogger('producer', 'silent'),
  });
  return { app, stream, registry };
}

/** The smallest valid event in structured mode, with what matters to the test on top. */
export function structured(more: object = {}) {
  const payload = JSON.stringify({ specversion: '1.0', id: '1', source: '/s', type: 't', ...more });
  return post(payload, { 'content-type': 'application/cloudevents+json' });
}

/** A request that posts these bytes. */
export function post(payload: string | Buffer, headers: Record<string, string>) {
  return { method: 'POST', url: '/v1/events', payload, headers } as const;
}
