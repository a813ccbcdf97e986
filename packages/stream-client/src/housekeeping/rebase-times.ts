import { send } from '../connection/connection.js';
import { GROUP } from '../keys.js';
import { askTime } from '../redis-server/partition-node.js';
import { runScript } from '../scripts.js';
import type { Stream } from '../stream.js';

/** Entries or members looked at in one call, so that Redis is not held up. */
const MAX_REBASED = 1_000;

/**
 * Lets what was touched or put off in the future count from now. Call it when Redis' clock may have been set back: what
 * a dead consumer held could otherwise not be claimed, and no retry made, until the clock gets there again. Repeating it
 * changes nothing more.
 */
export async function rebaseTimes(stream: Stream): Promise<void> {
  await rebaseIdle(stream);
  await rebaseDue(stream);
}

async function rebaseIdle({ redis, keys }: Stream): Promise<void> {
  let from = '-';
  while (from !== '')
    from = (await runScript(redis, 'rebase-idle', [keys.events], [GROUP, from, MAX_REBASED])) as string;
}

/** From the latest time downwards: what is changed leaves that end, and what is not is passed over. */
async function rebaseDue(stream: Stream): Promise<void> {
  const { redis, keys } = stream;
  let unchanged = 0;
  for (;;) {
    const now = await askTime(stream);
    const range = redis.zrange(keys.due, '+inf', `(${now}`, 'BYSCORE', 'REV', 'LIMIT', unchanged, MAX_REBASED);
    const members = await send('ZRANGE', range);
    if (members.length === 0) return;
    const records = members.map((member) => keys.record(member.slice(0, member.indexOf(' '))));
    const changed = (await runScript(redis, 'rebase-due', [keys.due, ...records], members)) as number;
    unchanged += members.length - changed;
  }
}
