import { send } from './connection.js';
import { compareEntryIds } from './entry-id.js';
import { toObject } from './flat-reply.js';
import { GROUP } from './keys.js';
import { countDeparted } from './outbox.js';
import type { Stream } from './stream.js';

/** What a partition still has from before it was fenced. */
export interface LeftBefore {
  /** Entries that nobody has read. */
  readonly unread: number;
  /** Entries that a consumer is at work on. */
  readonly held: number;
  /** Deliveries that wait for a time, for others of their key or for somebody's answer, and what has still to go elsewhere. */
  readonly waiting: number;
  readonly deadLetters: number;
  /** Whether these are all; otherwise there are more than were looked at. */
  readonly isExact: boolean;
}

/** Of each kind, so many are looked at. */
const MAX_LOOKED = 5_000;

/** Undefined for a partition that was never fenced. Throws STREAM_UNAVAILABLE. */
export async function leftBefore(stream: Stream): Promise<LeftBefore | undefined> {
  const { redis, keys } = stream;
  const fields = await send('HMGET', redis.hmget(keys.counters, 'fence', 'fence-added', 'fenced-at'));
  const [fence, added, fencedAt] = fields;
  if (!fence) return undefined;
  const [unread, departing, held, ...waiting] = await Promise.all([
    countUnread(stream, fence, Number(added)),
    countDeparted(stream, Number(fencedAt), MAX_LOOKED),
    send('XPENDING', redis.xpending(keys.events, GROUP, '-', fence, MAX_LOOKED)),
    ...[keys.due, keys.queued, keys.parked, keys.dead].map((key) => countMembers(stream, key, Number(fencedAt))),
  ]);
  const [due, queued, parked, dead] = waiting as [Members, Members, Members, Members];
  return {
    unread,
    held: held.length,
    waiting: due.found + queued.found + parked.found + departing,
    deadLetters: dead.found,
    isExact:
      held.length < MAX_LOOKED && departing < MAX_LOOKED && [due, queued, parked, dead].every(({ isAll }) => isAll),
  };
}

/** By what the group counts; where it cannot, there is one at least. */
async function countUnread({ redis, keys }: Stream, fence: string, added: number): Promise<number> {
  const groups = (await send('XINFO GROUPS', redis.xinfo('GROUPS', keys.events))) as unknown[][];
  const group = groups.map(toObject).find(({ name }) => String(name) === GROUP);
  const delivered = (group?.['last-delivered-id'] as string | undefined) ?? '0-0';
  if (compareEntryIds(delivered, fence) >= 0) return 0;
  const after = (await send('XRANGE', redis.xrange(keys.events, `(${delivered}`, fence, 'COUNT', 1))) as unknown[];
  if (after.length === 0) return 0;
  const read = group?.['entries-read'];
  return typeof read === 'number' ? Math.max(1, added - read) : 1;
}

interface Members {
  readonly found: number;
  readonly isAll: boolean;
}

/** Members whose events were accepted up to a moment: a ref says when. */
async function countMembers({ redis }: Stream, key: string, fencedAt: number): Promise<Members> {
  const members = await send('ZRANGE', redis.zrange(key, '0', String(MAX_LOOKED)));
  const looked = members.slice(0, MAX_LOOKED);
  const found = looked.filter((member) => Number(/^\d+-(\d+)-/.exec(member)?.[1] ?? 0) <= fencedAt).length;
  return { found, isAll: members.length <= MAX_LOOKED };
}
