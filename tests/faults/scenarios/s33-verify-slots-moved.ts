import { slotOfPartition, untilHeld } from '../../system/cluster-partitions.ts';
import type { Scenario } from '../scenario.ts';
import { PARTITIONS, verifyOnCluster } from '../verify-on-cluster.ts';

const MOVES = 8;
const MOVED = 'moves of a slot while entries of its partition were held';
const WAIT_MS = 60_000;

/** S33: `millrace verify` runs as anybody would run it, on a Redis Cluster whose slots are moved meanwhile. */
export const verifySlotsMoved: Scenario = verifyOnCluster({
  id: 'S33',
  title: 'verify finds every guarantee kept on a Redis Cluster with replicated while slots are moved',
  fault: 'the slots of all partitions in turn are moved to another primary, beside what verify does itself',
  evidence: { [MOVED]: MOVES },
  async trouble(stage, redis) {
    const { cluster } = redis;
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
  },
});
