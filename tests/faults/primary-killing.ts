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
