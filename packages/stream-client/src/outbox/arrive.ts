import { StreamError } from '../errors.js';
import type { ScriptArgument } from '../scripts.js';
import type { Stream } from '../stream.js';
import type { Departure } from './outbox.js';

/**
 * Appends what comes out of the outbox of another partition, in its order, each once for as long as its identity is
 * remembered. Resolves with their refs, once they are as durable as the deployment asked. `epoch` is that of the map by
 * which this partition was chosen. Throws STREAM_MOVED, having written nothing, when it was closed to that map; else as
 * durable writes do: they may or may not be there then, and the same may be tried again.
 */
export async function arriveAt(
  { keys, writes }: Stream,
  epoch: number,
  departures: readonly Pick<Departure, 'identity' | 'contentHash' | 'text'>[],
): Promise<readonly string[]> {
  const names = [keys.events, keys.counters];
  const args: ScriptArgument[] = [keys.partition, keys.wake, epoch];
  for (const { identity, contentHash, text } of departures) {
    names.push(keys.identity(identity));
    args.push(contentHash, text);
  }
  const refs = (await writes.run('arrive', names, args)) as string[];
  if (refs[0] === 'moved')
    throw new StreamError('STREAM_MOVED', 'arrive: the partition was closed to the map by which it was chosen');
  return refs;
}
