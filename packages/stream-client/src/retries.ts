import { send } from './connection.js';
import { runScript } from './scripts.js';
import type { Stream } from './stream.js';

/**
 * Moves at most `maxCount` deliveries whose time has come back to the stream, by Redis' clock. Any number of consumers
 * may run it at once; each delivery is moved once. Resolves with how many were due when it looked.
 */
export async function promoteDue(stream: Stream, maxCount: number): Promise<number> {
  const { keys, redis } = stream;
  const [seconds, microseconds] = await send('TIME', redis.time());
  const now = Number(seconds) * 1_000 + Math.floor(Number(microseconds) / 1_000);
  const members = await send('ZRANGE', redis.zrange(keys.due, '-inf', String(now), 'BYSCORE', 'LIMIT', 0, maxCount));
  if (members.length === 0) return 0;
  const records = members.map((member) => keys.record(member.slice(0, member.indexOf(' '))));
  await runScript(redis, 'promote-due', [keys.events, keys.due, keys.counters, ...records], members);
  return members.length;
}
