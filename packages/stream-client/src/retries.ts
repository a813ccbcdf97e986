import { send } from './connection.js';
import { runScript } from './scripts.js';
import type { Stream } from './stream.js';

/**
 * Moves at most `maxCount` deliveries whose time has come back to the stream, by Redis' clock. Any number of consumers
 * may run it at once; each delivery is moved once. Resolves with how many this call moved.
 */
export async function promoteDue(stream: Stream, maxCount: number): Promise<number> {
  const { keys, redis } = stream;
  const earliest = await send('ZRANGE', redis.zrange(keys.due, 0, String(maxCount - 1), 'WITHSCORES'));
  if (earliest.length === 0) return 0;
  const [seconds, microseconds] = await send('TIME', redis.time());
  const now = Number(seconds) * 1_000 + Number(microseconds) / 1_000;
  const members: string[] = [];
  for (let i = 0; i < earliest.length; i += 2) {
    if (Number(earliest[i + 1]) <= now) members.push(earliest[i] as string);
  }
  if (members.length === 0) return 0;
  const records = members.map((member) => keys.record(member.slice(0, member.indexOf(' '))));
  return (await runScript(redis, 'promote-due', [keys.events, keys.due, ...records], members)) as number;
}
