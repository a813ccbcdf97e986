import { send } from '../connection/connection.js';
import { compareEntryIds } from '../entry-id.js';
import { toObject } from '../flat-reply.js';
import { GROUP } from '../keys.js';
import { runScript } from '../scripts.js';
import type { Stream } from '../stream.js';

/** What a partition still has from before it was fenced. */
export interface LeftBefore {
  /** Entries that nobody has read. */
  readonly unread: number;
  /** Entries that a consumer is at work on; not what was put back behind the fence. */
  readonly held: number;
  /** Deliveries that wait for a time, for others of their key or for somebody's answer, and what has still to go elsewhere. */
  readonly waiting: number;
  readonly deadLetters: number;
  /** Whether these are all; otherwise there are more than were looked at, or something was put back and is not finished. */
  readonly isExact: boolean;
}

/** Of each kind, so many are looked at. */
const MAX_LOOKED = 5_000;
/** Of an outbox, in which whole events lie, no more bytes are looked at in one step. */
const MAX_LOOKED_BYTES = 4 * 1024 * 1024;

/** Undefined for a partition that was never fenced. Throws STREAM_UNAVAILABLE. */
export async function leftBefore(stream: Stream): Promise<LeftBefore | undefined> {
  const { redis, keys } = stream;
  const [fence, added, seq] = await send('HMGET', redis.hmget(keys.counters, 'fence', 'fence-added', 'fence-seq'));
  if (!fence) return undefined;
  const isEarlier = earlierThan(fence, Number(seq));
  const [unread, held, ...waiting] = await Promise.all([
    countUnread(stream, fence, Number(added)),
    send('XPENDING', redis.xpending(keys.events, GROUP, '-', fence, MAX_LOOKED)),
    ...[keys.due, keys.queued, keys.parked, keys.dead].map((key) => countMembers(stream, key, isEarlier)),
  ]);
  const [due, queued, parked, dead] = waiting as [Members, Members, Members, Members];
  // Asked last: what was found in one place may be in the outbox by now, and nothing goes from there to the others.
  const { isLeft, departing, isWhole } = await findEarlier(stream);
  const found = {
    unread,
    held: held.length,
    waiting: due.found + queued.found + parked.found + departing,
    deadLetters: dead.found,
  };
  if (found.unread + found.held + found.waiting + found.deadLetters === 0) return { ...found, isExact: !isLeft };
  const isExact = held.length < MAX_LOOKED && isWhole && [due, queued, parked, dead].every(({ isAll }) => isAll);
  return { ...found, isExact };
}

/**
 * Asked in one step, so that what goes from one place to another meanwhile is found; and in the stream up to the last entry as
 * which something from before was put back.
 */
async function findEarlier({ redis, keys }: Stream): Promise<FoundEarlier> {
  const names = [keys.events, keys.counters, keys.outbox, keys.due, keys.queued, keys.parked, keys.dead];
  const reply = await runScript(redis, 'find-earlier', names, [GROUP, MAX_LOOKED, MAX_LOOKED_BYTES]);
  const [word, departing, extent] = reply as [string, number, string];
  return { isLeft: word === 'left', departing, isWhole: extent === 'all' };
}

interface FoundEarlier {
  readonly isLeft: boolean;
  readonly departing: number;
  /** Whether all of the outbox was looked at. */
  readonly isWhole: boolean;
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

/** Members that a check accepts. */
async function countMembers({ redis }: Stream, key: string, isMeant: (member: string) => boolean): Promise<Members> {
  const members = await send('ZRANGE', redis.zrange(key, '0', String(MAX_LOOKED)));
  const found = members.slice(0, MAX_LOOKED).filter(isMeant).length;
  return { found, isAll: members.length <= MAX_LOOKED };
}

/** Where the ref of an event whose first delivery was put off has its sequence, and others have that of their entry. */
const SCHEDULED = 1e12;

/** Whether the event of a delivery was accepted before the fence, by its ref. */
function earlierThan(fence: string, fencedSeq: number): (member: string) => boolean {
  return (member) => {
    const [, ms = '0', number = '0'] = /^\d+-(\d+)-(\d+) /.exec(member) ?? [];
    if (Number(number) > SCHEDULED) return Number(number) - SCHEDULED <= fencedSeq;
    return compareEntryIds(`${ms}-${number}`, fence) <= 0;
  };
}
