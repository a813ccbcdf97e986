import { send } from '../connection/connection.js';
import { askTime } from '../redis-server/partition-node.js';
import { runScript } from '../scripts.js';
import { fieldOf, type Pausable } from '../steering/pauses.js';
import type { Stream } from '../stream.js';
import { wakeReaders } from '../writes/wake-readers.js';

/** What keeps the deliveries of a route from going on; undefined for nothing. */
export type FindPause = (route: string) => Pausable | undefined;

/** Deliveries that a pause puts off are looked at again at this rate at most, a second, however many they are. */
const LOOKS_A_SECOND = 2_000;
const MIN_PUT_OFF_MS = 1_000;
const MAX_PUT_OFF_MS = 60_000;

/**
 * Moves at most `maxCount` deliveries whose time has come back to the stream, by Redis' clock. Those that are paused stay
 * where they are, for a second or, where they are many, up to a minute more. Any number of consumers may run it at once;
 * each delivery is moved once. Resolves with how many it moved or put off: with less than `maxCount`, there is nothing left
 * to do now, or somebody else does it.
 */
export async function promoteDue(stream: Stream, maxCount: number, findPause: FindPause = nothing): Promise<number> {
  const { keys, redis } = stream;
  const now = await askTime(stream);
  const members = await send('ZRANGE', redis.zrange(keys.due, '-inf', String(now), 'BYSCORE', 'LIMIT', 0, maxCount));
  const paused = members.map((member) => findPause(member.slice(member.indexOf(' ') + 1)));
  const free = members.filter((_member, at) => paused[at] === undefined);
  const recordOf = (member: string) => keys.record(member.slice(0, member.indexOf(' ')));
  let done = 0;
  if (free.length > 0) {
    const names = [keys.events, keys.due, keys.counters, ...free.map(recordOf)];
    done = (await runScript(redis, 'promote-due', names, free)) as number;
    if (done > 0) wakeReaders(stream);
  }
  if (free.length === members.length) return done;
  const held = members.flatMap((member, at) => (paused[at] === undefined ? [] : [{ member, what: paused[at] }]));
  const delayMs = putOffMs(await send('ZCARD', redis.zcard(keys.due)));
  const names = [keys.due, ...held.map(({ member }) => recordOf(member))];
  const args = [delayMs, ...held.flatMap(({ member, what }) => [member, fieldOf(what)])];
  return done + ((await runScript(redis, 'put-off', names, args)) as number);
}

function putOffMs(waiting: number): number {
  return Math.min(MAX_PUT_OFF_MS, Math.max(MIN_PUT_OFF_MS, Math.ceil((1_000 * waiting) / LOOKS_A_SECOND)));
}

function nothing(): undefined {}
