import { send } from './connection.js';
import { entryIdOf } from './keys.js';
import { acceptedAt } from './read-record.js';
import type { Stream } from './stream.js';

/**
 * How long events took from acceptance until they were finished, in ms by Redis' clock: of those among `refs` that are.
 * One small command for each, so give it a bounded number. Throws STREAM_UNAVAILABLE.
 */
export async function readSettleTimes({ redis, keys }: Stream, refs: readonly string[]): Promise<number[]> {
  const ours = refs.flatMap((ref) => {
    const id = entryIdOf(keys, ref);
    return id === undefined ? [] : [{ ref, acceptedMs: acceptedAt(id).getTime() }];
  });
  const finished = await Promise.all(ours.map(({ ref }) => send('HGET', redis.hget(keys.record(ref), 'finished'))));
  return ours.flatMap(({ acceptedMs }, at) => {
    const text = finished[at];
    return text == null ? [] : [Math.max(0, Number(text) - acceptedMs)];
  });
}
