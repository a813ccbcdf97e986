import { send } from '../connection/connection.js';
import { IN_USE_MS } from '../reports/announced.js';
import { runScript } from '../scripts.js';
import type { Stream } from '../stream.js';
import { wakeReaders } from '../writes/wake-readers.js';
import { mapOf, type PartitionMap } from './partition-map.js';
import type { Partitions } from './partitions.js';

/** Partitions that are fenced at once. */
const FENCED_AT_ONCE = 128;

/**
 * `busy`: another change is under way, or was made since the map was read. `unseen`: somebody works under a configuration that
 * was not looked at.
 */
export interface ChangeBegun {
  readonly kind: 'prepared' | 'busy' | 'unseen';
  readonly map: PartitionMap;
}

/** The most partitions that a deployment can have. */
export const MAX_PARTITIONS = 4_096;

/**
 * Whether so many partitions may become so many: only more, and a multiple. A key then stays where it is or goes to a
 * partition that was not there before; nobody reads it there who does not know what it has left behind.
 */
export function mayBecome(partitions: number, wanted: number): boolean {
  return Number.isInteger(wanted) && wanted > partitions && wanted % partitions === 0 && wanted <= MAX_PARTITIONS;
}

/**
 * Writes down that there are to be so many partitions. Nobody goes by it yet; but from now on every process that finds itself
 * held up by it carries it on. `names` are those of the configurations, as they were announced, that the change is right for. Throws RangeError for a
 * number that they may not become; else as durable writes do, and may be begun again then.
 */
export async function beginChange(
  { home, map }: Partitions,
  wanted: number,
  names: readonly string[] = [],
): Promise<ChangeBegun> {
  if (!mayBecome(map.active.partitions, wanted))
    throw new RangeError(`${map.active.partitions} to ${wanted} partitions`);
  const keys = [home.keys.map, home.keys.announced];
  const args = [wanted, map.active.epoch, IN_USE_MS, ...names];
  const [kind, ...fields] = (await home.writes.run('prepare-map', keys, args)) as unknown[];
  return { kind: kind as ChangeBegun['kind'], map: mapOf(fields) };
}

/**
 * Carries on the change that is under way, if there is one, to where new events find their partition by the new map. First
 * every partition of the map before is fenced: an append by that map is refused there from then on, so that no event of a key
 * goes to the old partition once one went to the new. Any number of processes may do it at once, and each may stop anywhere.
 * Throws as durable writes do; carry it on again then.
 */
export async function completeChange(partitions: Partitions): Promise<void> {
  await partitions.refresh();
  const { preparing, active } = partitions.map;
  if (preparing === undefined) return;
  const { home } = partitions;
  // It may have been read from a Redis that is lost by now: no fence may outlive what it was set for.
  const begun = await beginChange(partitions, preparing.partitions);
  const epoch = begun.kind === 'prepared' ? begun.map.preparing?.epoch : undefined;
  if (epoch === undefined) return partitions.refresh();
  await inTurn(partitions.all.slice(0, active.partitions), async (stream) => {
    await fence(stream, epoch);
    // What somebody accepted by the old map after consumers had gone over to wake-ups was announced to nobody.
    wakeReaders(stream);
  });
  await home.writes.run('step-map', [home.keys.map], [epoch, 'preparing', 'active']);
  await partitions.refresh();
}

/**
 * What a process does that was told that its map is out of date: it reads the map again, and carries a change on that has come to a stop
 * half way, as `completeChange` does. Calls at the same time share.
 */
export function createMapFollower(partitions: Partitions): () => Promise<void> {
  let following: Promise<void> | undefined;
  return () => {
    following ??= completeChange(partitions).finally(() => {
      following = undefined;
    });
    return following;
  };
}

function fence({ writes, keys }: Stream, epoch: number): Promise<unknown> {
  return writes.run('fence', [keys.events, keys.counters], [epoch]);
}

/** Each of them, some at once. */
async function inTurn(streams: readonly Stream[], work: (stream: Stream) => Promise<void>): Promise<void> {
  for (let at = 0; at < streams.length; at += FENCED_AT_ONCE)
    await Promise.all(streams.slice(at, at + FENCED_AT_ONCE).map(work));
}

/** Asks the partitions of an epoch no more, for events of others: call it once nothing of it is left, or can be repeated. */
export async function retireEpoch(partitions: Partitions, epoch: number): Promise<void> {
  const { redis, keys } = partitions.home;
  await runScript(redis, 'step-map', [keys.map], [epoch, 'draining', 'past']);
  await partitions.refresh();
}

/** The epoch of the newest map to which a partition is closed; 0 where it has no fence. Throws STREAM_UNAVAILABLE. */
export async function readFenceEpoch({ redis, keys }: Stream): Promise<number> {
  return Number((await send('HGET', redis.hget(keys.counters, 'epoch'))) ?? 0);
}

/**
 * Fences those of these partitions again that have lost their fence: a Redis that has taken the place of another may not have what was
 * written last. Resolves with those. Throws as durable writes do.
 */
export async function restoreFences({ map }: Partitions, streams: readonly Stream[]): Promise<readonly Stream[]> {
  const { epoch } = map.active;
  const restored = await Promise.all(
    streams.map(async (stream) => {
      return (await readFenceEpoch(stream)) < epoch && (await fence(stream, epoch)) === 'fenced';
    }),
  );
  return streams.filter((_stream, at) => restored[at]);
}
