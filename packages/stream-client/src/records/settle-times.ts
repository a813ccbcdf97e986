import { entryIdOf } from '../keys.js';
import type { Stream } from '../stream.js';
import { readFields } from './read-fields.js';
import { acceptedAt } from './read-record.js';

/**
 * How long events took from acceptance until they were finished, in ms by Redis' clock: of those among `refs` that are.
 * One small command for each, so give it a bounded number. Throws STREAM_UNAVAILABLE.
 */
export async function readSettleTimes(stream: Stream, refs: readonly string[]): Promise<number[]> {
  const ours = refs.flatMap((ref) => {
    const id = entryIdOf(stream.keys, ref);
    return id === undefined ? [] : [{ ref, acceptedMs: acceptedAt(id).getTime() }];
  });
  const records = await Promise.all(ours.map(({ ref }) => readFields(stream, ref, 'finished')));
  return ours.flatMap(({ acceptedMs }, at) => {
    const text = records[at]?.get('finished');
    return text === undefined ? [] : [Math.max(0, Number(text) - acceptedMs)];
  });
}
