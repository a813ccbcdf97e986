import { slotOfPartition, untilHeld } from '../../system/cluster-partitions.ts';
import { type ClusterRedis, startClusterRedis } from '../../system/cluster-redis.ts';
import type { Scenario } from '../scenario.ts';
import type { Stage } from '../stage.ts';
import { startSystem } from '../start-system.ts';
import { ACCEPTED_BY_VERIFY, verifyBeside } from '../verify-beside.ts';

const PARTITIONS = 4;
/** Each partition whose primary is killed; 0 and 1 are on different ones. */
const KILLED_OF = [0, 1, 0] as const;
const KILLED = 'primaries killed while entries of their partition were held, and replaced by their replicas';
const WAIT_MS = 60_000;

let redis: ClusterRedis;

/** S32: `millrace verify` runs as anybody would run it, on a Redis Cluster whose primaries are killed meanwhile. */
export const verifyPrimaryKilled: Scenario = {
  id: 'S32',
  title: 'verify finds every guarantee kept on a Redis Cluster with replicated while primaries are killed',
  fault: 'kill -9 of the primary of one partition after the other, beside what verify does itself',
  evidence: { [KILLED]: KILLED_OF.length, [ACCEPTED_BY_VERIFY]: 1_000 },
  minAccepted: 0,
  isShort: false,
  async start() {
    redis = await startClusterRedis();
    const env = { MILLRACE_DURABILITY: 'replicated', MILLRACE_PARTITIONS: `${PARTITIONS}`, ...redis.env };
    return startSystem(3, { redis: redis.server, env });
  },
  run: (stage) => verifyBeside(stage, { seconds: 60, rate: 30, minHits: 5 }, () => killPrimaries(stage)),
};

async function killPrimaries(stage: Stage): Promise<void> {
  await stage.sleep(5_000);
  for (const partition of KILLED_OF) {
    await killPrimary(stage, partition);
    await stage.sleep(4_000);
  }
}

async function killPrimary(stage: Stage, partition: number): Promise<void> {
  const { cluster } = redis;
  const slot = await slotOfPartition(cluster, partition);
  const killed = await untilHeld(cluster, partition, WAIT_MS);
  await killed.kill();
  const goneAt = performance.now();
  await stage.until(async () => (await cluster.primaryOf(slot)) !== killed, 'a replica is promoted');
  stage.worstTiming('a replica is promoted', performance.now() - goneAt, 6_000);
  stage.evidence.note(KILLED);
  await killed.restart();
  await redis.follow();
  await cluster.untilWhole();
}
