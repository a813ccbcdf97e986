import { type ClusterRedis, HOME_SLOT, startClusterRedis } from '../../system/cluster-redis.ts';
import type { Scenario } from '../scenario.ts';
import { startSystem } from '../start-system.ts';

const RATE = 60;
const MOVES = 4;
const MOVED = 'moves of the slot while entries were held';

let redis: ClusterRedis;

/** S31: the slot of the stream is moved from primary to primary of a Redis Cluster, key by key, under load. */
export const clusterSlotMoved: Scenario = {
  id: 'S31',
  title: 'on a Redis Cluster, nothing is lost and nothing done twice while its slot moves',
  fault: 'the slot that has the stream is moved to another primary, over and over',
  evidence: { [MOVED]: MOVES },
  minAccepted: 100,
  isShort: false,
  async start() {
    redis = await startClusterRedis();
    return startSystem(2, { redis: redis.server, env: { MILLRACE_DURABILITY: 'replicated', ...redis.env } });
  },
  async run(stage) {
    const { system, evidence, producer } = stage;
    await stage.slowTools(80);
    const load = stage.startLoad(RATE);
    await stage.warmUp();
    for (let move = 0; move < MOVES; move += 1) {
      await stage.until(async () => (await system.unfinished()).pending > 0, 'work is held');
      const startedAt = performance.now();
      await redis.cluster.moveSlot(HOME_SLOT);
      evidence.note(MOVED);
      const movedAt = performance.now();
      stage.worstTiming('a move took', movedAt - startedAt);
      await redis.follow();
      const accepts = () => producer.posts.some(({ at, status }) => at > movedAt && status === 202);
      await stage.until(accepts, 'events are accepted by the new owner');
      stage.worstTiming('events are accepted again after a move', performance.now() - movedAt, 2_000);
      await stage.sleep(1_000);
    }
    await load.stop();
  },
};
