import { send } from '../connection/connection.js';
import { runScript } from '../scripts.js';
import type { Stream } from '../stream.js';

/** A call that a server was sent, or could not be reached for: names and numbers, never what it was called with. */
export interface ServerCall {
  /** When it ended, by Redis' clock as far as the consumer knows it. */
  readonly at: Date;
  readonly tool: string;
  readonly route: string;
  readonly ref: string;
  readonly attempt: number;
  /** `done`, or what is known of a call that failed. */
  readonly outcome: string;
  /** The code of a call that failed. */
  readonly code?: string;
  readonly durationMs: number;
  readonly consumer: string;
}

/** What the caller wants to see of a log. */
export interface CallFilter {
  readonly tool?: string;
  readonly outcome?: 'done' | 'failed';
}

export interface CallPage {
  readonly items: readonly ServerCall[];
  /** Where the next page begins; absent on the last one. */
  readonly next?: string;
}

/** Calls that a server's log keeps, of each kind: what fails is not pushed out by what succeeds. */
const MAX_KEPT = 500;
/** And for how long, in ms. */
const MAX_AGE_MS = 24 * 60 * 60_000;

/** Adds calls to the log of a server, in one round trip. Throws STREAM_UNAVAILABLE. */
export async function noteCalls({ keys, redis }: Stream, server: string, calls: readonly ServerCall[]): Promise<void> {
  const done = calls.filter(isDone);
  const failed = calls.filter((call) => !isDone(call));
  const args = [...done, ...failed].flatMap((call) => [call.at.getTime(), JSON.stringify(call)]);
  const logs = [keys.calls(server), keys.failedCalls(server)];
  await runScript(redis, 'note-calls', logs, [MAX_KEPT, MAX_AGE_MS, done.length, ...args]);
}

/**
 * The last calls of a server, the latest first, at most `limit` of them (1 to 200). `cursor` is `next` of the page before.
 * Resolves with undefined for a cursor that is none. Throws STREAM_UNAVAILABLE.
 */
export async function listCalls(
  { keys, redis }: Stream,
  server: string,
  filter: CallFilter,
  { limit, cursor }: { readonly limit: number; readonly cursor?: string },
): Promise<CallPage | undefined> {
  const from = cursor === undefined ? { atMs: '+inf', shown: 0 } : parseCursor(cursor);
  if (from === undefined) return undefined;
  const logs = {
    done: filter.outcome === 'failed' ? [] : [keys.calls(server)],
    failed: filter.outcome === 'done' ? [] : [keys.failedCalls(server)],
  };
  const read = (log: string) => send('ZRANGE', redis.zrange(log, from.atMs, '-inf', 'BYSCORE', 'REV'));
  const found = (await Promise.all([...logs.failed, ...logs.done].map(read))).flat().map(toCall);
  const wanted = found
    .filter(({ tool }) => filter.tool === undefined || tool === filter.tool)
    .sort((a, b) => b.at.getTime() - a.at.getTime())
    .slice(from.shown);
  const items = wanted.slice(0, limit);
  return { items, ...(wanted.length > limit ? { next: cursorAfter(items, from) } : {}) };
}

interface Position {
  /** The next page begins among the calls that ended then. */
  readonly atMs: string;
  /** So many of those have been shown. */
  readonly shown: number;
}

function cursorAfter(items: readonly ServerCall[], from: Position): string {
  const atMs = items.at(-1)?.at.getTime();
  const sameMs = items.filter(({ at }) => at.getTime() === atMs).length;
  return `${atMs}-${sameMs + (String(atMs) === from.atMs ? from.shown : 0)}`;
}

function parseCursor(cursor: string): Position | undefined {
  const [, atMs, shown] = /^(\d{1,15})-(\d{1,4})$/.exec(cursor) ?? [];
  return atMs === undefined ? undefined : { atMs, shown: Number(shown) };
}

function isDone({ outcome }: ServerCall): boolean {
  return outcome === 'done';
}

function toCall(text: string): ServerCall {
  const call = JSON.parse(text) as Omit<ServerCall, 'at'> & { readonly at: string };
  return { ...call, at: new Date(call.at) };
}
