import { type ClusterRedis, HOME_SLOT, startClusterRedis } from '../../system/cluster-redis.ts';
import { untilReplaced } from '../primary-killing.ts';
import { ACCEPTED_AT_LAST, acceptedBefore } from '../redis-killing.ts';
import type { Scenario } from '../scenario.ts';
import type { Stage } from '../stage.ts';
import { startSystem } from '../start-system.ts';

const RATE = 60;
const KILLS = 2;
const KILLED = 'primaries killed while entries were held, and replaced by their replicas';

let redis: ClusterRedis;

/** S30: on a Redis Cluster the primary that has the stream is killed; the others promote its replica. */
export const clusterPrimaryLost: Scenario = {
  id: 'S30',
  title: 'on a Redis Cluster with replicated, nothing that was accepted or begun is lost with a primary',
  fault: 'kill -9 of the primary that has the stream; the cluster promotes its replica',
  evidence: { [KILLED]: KILLS, [ACCEPTED_AT_LAST]: 2 },
  minAccepted: 100,
  isShort: false,
  async start() {
    redis = await startClusterRedis();
    return startSystem(2, { redis: redis.server, env: { MILLRACE_DURABILITY: 'replicated', ...redis.env } });
  },
  async run(stage) {
    await stage.slowTools(80);
    const load = stage.startLoad(RATE);
    for (let kill = 0; kill < KILLS; kill += 1) {
      await losePrimary(stage);
      await stage.sleep(2_000);
    }
    await load.stop();
  },
};

async function losePrimary(stage: Stage): Promise<void> {
  const { evidence, producer } = stage;
  const { cluster } = redis;
  await stage.until(async () => (await stage.system.unfinished()).pending > 0, 'work is held');
  await stage.until(() => acceptedBefore(stage, performance.now()) > 0, 'events are accepted');
  const killedAt = performance.now();
  const killed = await cluster.killPrimary(HOME_SLOT);
  // Whom the slot belongs to is asked before the kill: until then events were accepted.
  const goneAt = performance.now();
  evidence.note(ACCEPTED_AT_LAST, acceptedBefore(stage, goneAt, goneAt - killedAt + 50));
  await untilReplaced(stage, redis, HOME_SLOT, killed);
  evidence.note(KILLED);
  const accepts = () => producer.posts.some(({ at, status }) => at > goneAt && status === 202);
  await stage.until(accepts, 'events are accepted by the new primary');
  const first = producer.posts.find(({ at, status }) => at > goneAt && status === 202);
  stage.worstTiming('no event was accepted for', (first?.at ?? goneAt) - goneAt, 10_000);
}
