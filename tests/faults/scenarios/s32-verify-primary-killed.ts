import { slotOfPartition, untilHeld } from '../../system/cluster-partitions.ts';
import type { ClusterRedis } from '../../system/cluster-redis.ts';
import { untilReplaced } from '../primary-killing.ts';
import type { Scenario } from '../scenario.ts';
import type { Stage } from '../stage.ts';
import { verifyOnCluster } from '../verify-on-cluster.ts';

/** Each partition whose primary is killed; 0 and 1 are on different ones. */
const KILLED_OF = [0, 1, 0] as const;
const KILLED = 'primaries killed while entries of their partition were held, and replaced by their replicas';
const WAIT_MS = 60_000;

/** S32: `millrace verify` runs as anybody would run it, on a Redis Cluster whose primaries are killed meanwhile. */
export const verifyPrimaryKilled: Scenario = verifyOnCluster({
  id: 'S32',
  title: 'verify finds every guarantee kept on a Redis Cluster with replicated while primaries are killed',
  fault: 'kill -9 of the primary of one partition after the other, beside what verify does itself',
  evidence: { [KILLED]: KILLED_OF.length },
  async trouble(stage, redis) {
    for (const partition of KILLED_OF) {
      await killPrimary(stage, redis, partition);
      await stage.sleep(4_000);
    }
  },
});

async function killPrimary(stage: Stage, redis: ClusterRedis, partition: number): Promise<void> {
  const slot = await slotOfPartition(redis.cluster, partition);
  const killed = await untilHeld(redis.cluster, partition, WAIT_MS);
  await killed.kill();
  await untilReplaced(stage, redis, slot, killed);
  stage.evidence.note(KILLED);
}
