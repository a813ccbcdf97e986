import { slotOfPartition, untilHeld } from '../../system/cluster-partitions.ts';
import { type ClusterRedis, startClusterRedis } from '../../system/cluster-redis.ts';
import type { Scenario } from '../scenario.ts';
import type { Stage } from '../stage.ts';
import { startSystem } from '../start-system.ts';
import { ACCEPTED_BY_VERIFY, verifyBeside } from '../verify-beside.ts';

const PARTITIONS = 4;
const MOVES = 8;
const MOVED = 'moves of a slot while entries of its partition were held';
const WAIT_MS = 60_000;

let redis: ClusterRedis;

/** S33: `millrace verify` runs as anybody would run it, on a Redis Cluster whose slots are moved meanwhile. */
export const verifySlotsMoved: Scenario = {
  id: 'S33',
  title: 'verify finds every guarantee kept on a Redis Cluster with replicated while slots are moved',
  fault: 'the slots of all partitions in turn are moved to another primary, beside what verify does itself',
  evidence: { [MOVED]: MOVES, [ACCEPTED_BY_VERIFY]: 1_000 },
  minAccepted: 0,
  isShort: false,
  async start() {
    redis = await startClusterRedis();
    const env = { MILLRACE_DURABILITY: 'replicated', MILLRACE_PARTITIONS: `${PARTITIONS}`, ...redis.env };
    return startSystem(3, { redis: redis.server, env });
  },
  run: (stage) => verifyBeside(stage, { seconds: 60, rate: 30, minHits: 5 }, () => moveSlots(stage)),
};

async function moveSlots(stage: Stage): Promise<void> {
  const { cluster } = redis;
  await stage.sleep(5_000);
  for (let move = 0; move < MOVES; move += 1) {
    const partition = move % PARTITIONS;
    const slot = await slotOfPartition(cluster, partition);
    await untilHeld(cluster, partition, WAIT_MS);
    const startedAt = performance.now();
    await cluster.moveSlot(slot);
    stage.worstTiming('a move took', performance.now() - startedAt);
    stage.evidence.note(MOVED);
    await redis.follow();
    await stage.sleep(2_000);
  }
}
