import type { ClusterServer } from '@millrace/testing';
import type { ClusterRedis } from '../system/cluster-redis.ts';
import type { Stage } from './stage.ts';

/**
 * Waits until the others have promoted a replica in place of a primary that was killed, and has the old one come back as
 * a replica. Resolves with the new primary of the slot once the cluster is whole.
 */
export async function untilReplaced(
  stage: Stage,
  redis: ClusterRedis,
  slot: number,
  killed: ClusterServer,
): Promise<ClusterServer> {
  const { cluster } = redis;
  const goneAt = performance.now();
  const promoted = await stage.until(async () => {
    const primary = await cluster.primaryOf(slot);
    return primary !== killed && primary;
  }, 'a replica is promoted');
  stage.worstTiming('a replica is promoted', performance.now() - goneAt, 6_000);
  await killed.restart();
  await redis.follow();
  await cluster.untilWhole();
  return promoted;
}

/**
 * Kills a primary after `untilWritten`, and with it whatever it has written since this was called: nobody else has heard of
 * it. Resolves once another has taken over; the one that was killed is not back by then.
 */
export async function losePrimaryWithWrites(
  stage: Stage,
  { cluster }: ClusterRedis,
  slot: number,
  untilWritten: (primary: ClusterServer) => Promise<void>,
): Promise<{ readonly killed: ClusterServer; readonly promoted: ClusterServer }> {
  const killed = await cluster.primaryOf(slot);
  const replicas = await cluster.replicasOf(killed);
  for (const replica of replicas) replica.freeze();
  try {
    await untilWritten(killed);
  } finally {
    await killed.kill();
    // What a frozen replica had received and not read would reach it after all; so that is lost with its process.
    for (const replica of replicas) await replica.kill();
    for (const replica of replicas) await replica.restart();
  }
  const promoted = await stage.until(async () => {
    const primary = await cluster.primaryOf(slot);
    return primary !== killed && primary;
  }, 'a replica is promoted');
  return { killed, promoted };
}
