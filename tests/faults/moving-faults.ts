import { pick } from '@millrace/cli';
import type { ClusterServer } from '@millrace/testing';
import type { Redis } from 'ioredis';
import { slotOfPartition } from '../system/cluster-partitions.ts';
import type { ClusterRedis } from '../system/cluster-redis.ts';
import { withRedis } from '../system/replicated-redis.ts';
import { keysOf, MOVING_PARTITIONS } from './moving-load.ts';
import { losePrimaryWithWrites, untilReplaced } from './primary-killing.ts';
import type { Stage } from './stage.ts';

export const MOVERS_KILLED = 'consumers killed while they moved what was in an outbox';
export const ORIGINS_KILLED = 'primaries killed with something in an outbox';
export const DESTINATIONS_KILLED = 'primaries killed while something in an outbox was for them';
export const DEPARTURES_LOST = 'departures that no replica had, lost with their primary';
export const ARRIVALS_LOST = 'arrivals that were lost with their primary';
export const SLOTS_MOVED = 'moves of a slot with something in its outbox on the way';

/** Several sweeps of every consumer, in ms. */
const SENT_WITHIN_MS = 1_000;

/** Something that happens while deliveries move, and is over when it resolves. */
export type MovingFault = (stage: Stage, redis: ClusterRedis) => Promise<void>;

/** The consumer that moves what is in an outbox dies, once it has read it and before it has arrived. */
export const killMover: MovingFault = async (stage, redis) => {
  const { system, evidence } = stage;
  await whileAway(stage, redis, async ({ origin, direct }) => {
    const victim = await stage.until(async () => {
      const mover = await direct.get(keysOf(origin.partition).mover).catch(unlessDown);
      return system.runningConsumers.find(({ pid }) => mover?.includes(`-${pid}-`));
    }, 'a consumer moves what is in the outbox');
    await victim.kill();
    evidence.note(MOVERS_KILLED);
  });
  await system.startConsumer();
};

/** The primary of an outbox dies while something lies in it. */
export const killOrigin: MovingFault = async (stage, redis) => {
  const lost = await whileAway(stage, redis, async ({ origin }) => {
    await origin.primary.kill();
    stage.evidence.note(ORIGINS_KILLED);
    return origin;
  });
  await untilReplaced(stage, redis, lost.slot, lost.primary);
};

/** The primary to which something is to go dies before it has got there. */
export const killDestination: MovingFault = async (stage, redis) => {
  const lost = await whileAway(stage, redis, async ({ destination }) => {
    await destination.primary.kill();
    stage.evidence.note(DESTINATIONS_KILLED);
    return destination;
  });
  await untilReplaced(stage, redis, lost.slot, lost.primary);
};

/** Something departs, and its primary dies before anybody else knows that it did: so it must not have arrived. */
export const loseDeparture: MovingFault = (stage, redis) =>
  loseWrites(stage, redis, DEPARTURES_LOST, async (primary, partition) => {
    const { outbox } = keysOf(partition);
    const since = await timeOf(primary);
    const countDeparted = async () =>
      (await primary.xrange(outbox, `${since + 1}`, '+').catch(unlessDown))?.length ?? 0;
    await stage.until(async () => (await countDeparted()) > 0, 'something departs');
    // Whoever did not wait for the replicas would have sent it by then.
    await stage.sleep(SENT_WITHIN_MS);
  });

/** What has departed arrives, and the primary where it did dies before anybody else knows of it. */
export const loseArrival: MovingFault = (stage, redis) =>
  loseWrites(stage, redis, ARRIVALS_LOST, async (primary, partition) => {
    const since = await timeOf(primary);
    await stage.until(async () => {
      const fresh = await primary.xrange(keysOf(partition).events, `${since + 1}`, '+').catch(unlessDown);
      return fresh?.some(([, fields]) => fields.join(' ').includes('"millracefrom"'));
    }, 'something has arrived');
  });

/** The slot of an outbox with something in it goes to another primary. */
export const moveOrigin: MovingFault = async (stage, redis) => {
  const { cluster } = redis;
  const places = await findPlaces(redis);
  const housemates = ({ primary }: Place) => places.filter((other) => other.primary === primary).length;
  // Each primary keeps a partition.
  const { partition, slot, primary } = places.find((one) => housemates(one) > 1) as Place;
  const rarest = places.find((one) => housemates(one) === 1);
  await withRedis(primary, (direct) => untilDeparting(stage, direct, partition));
  const startedAt = performance.now();
  await cluster.moveSlot(slot, rarest?.primary);
  stage.worstTiming('a move of a slot took', performance.now() - startedAt);
  stage.evidence.note(SLOTS_MOVED);
  await redis.follow();
};

/** Where a partition is. */
interface Place {
  readonly partition: number;
  readonly slot: number;
  readonly primary: ClusterServer;
}

/**
 * Does something while what is in the outbox of one partition cannot get to another, whose primary is frozen: whoever asks
 * all nodes of the cluster then would wait for that one. `direct` leads to the primary of the outbox.
 */
async function whileAway<T>(
  stage: Stage,
  redis: ClusterRedis,
  act: (pair: { readonly origin: Place; readonly destination: Place; readonly direct: Redis }) => Promise<T>,
): Promise<T> {
  const places = await findPlaces(redis);
  const origin = pick(stage.random, places);
  const others = places.filter(({ primary }) => primary !== origin?.primary);
  const destination = pick(stage.random, others);
  if (origin === undefined || destination === undefined) throw new Error('all partitions have the same primary');
  destination.primary.freeze();
  try {
    return await withRedis(origin.primary, async (direct) => {
      await untilDeparting(stage, direct, origin.partition, destination.partition);
      return act({ origin, destination, direct });
    });
  } finally {
    if (destination.primary.isRunning) destination.primary.thaw();
  }
}

async function loseWrites(
  stage: Stage,
  redis: ClusterRedis,
  what: string,
  untilWritten: (primary: Redis, partition: number) => Promise<void>,
): Promise<void> {
  const partition = Math.floor(stage.random() * MOVING_PARTITIONS);
  const slot = await slotOfPartition(redis.cluster, partition);
  const { killed } = await losePrimaryWithWrites(stage, redis, slot, (primary) =>
    withRedis(primary, (direct) => untilWritten(direct, partition)),
  );
  stage.evidence.note(what);
  await untilReplaced(stage, redis, slot, killed);
}

/** Resolves once something lies in an outbox; for one partition, where one is named. */
async function untilDeparting(stage: Stage, primary: Redis, origin: number, destination?: number): Promise<void> {
  const isMeant = (fields: readonly string[]) => {
    const place = Number(fields[fields.indexOf('place') + 1]);
    return destination === undefined || place % MOVING_PARTITIONS === destination;
  };
  await stage.until(async () => {
    const lying = await primary.xrange(keysOf(origin).outbox, '-', '+').catch(unlessDown);
    return lying?.some(([, fields]) => isMeant(fields));
  }, `something departs from partition ${origin}`);
}

function findPlaces({ cluster }: ClusterRedis): Promise<readonly Place[]> {
  return Promise.all(
    Array.from({ length: MOVING_PARTITIONS }, async (_, partition) => {
      const slot = await slotOfPartition(cluster, partition);
      return { partition, slot, primary: await cluster.primaryOf(slot) };
    }),
  );
}

/** By the clock of a Redis, in ms. */
async function timeOf(redis: Redis): Promise<number> {
  const [seconds, micros] = await redis.time();
  return Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000);
}

/** A cluster of which a primary is away answers nothing until another has taken over. */
function unlessDown(error: Error): undefined {
  if (!error.message.startsWith('CLUSTERDOWN')) throw error;
}
