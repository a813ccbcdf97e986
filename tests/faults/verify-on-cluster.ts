import { fileURLToPath } from 'node:url';
import { type ClusterRedis, startClusterRedis } from '../system/cluster-redis.ts';
import type { Scenario } from './scenario.ts';
import type { Stage } from './stage.ts';
import { startSystem } from './start-system.ts';
import { ACCEPTED_BY_VERIFY, verifyBeside } from './verify-beside.ts';

export const PARTITIONS = 4;
const MODEL_SCRIPTS = fileURLToPath(new URL('../../config/scripted-model.yaml', import.meta.url));
/** Before the trouble begins, in ms: verify has to have events under way. */
const LEAD_MS = 5_000;

/** What is done to the cluster meanwhile, under the words of `evidence`. */
export interface ClusterTrouble extends Pick<Scenario, 'id' | 'title' | 'fault' | 'evidence'> {
  readonly trouble: (stage: Stage, redis: ClusterRedis) => Promise<void>;
}

/**
 * `millrace verify` as anybody would run it, its agent route among the others, on a Redis Cluster at `replicated` with
 * partitions on each of its primaries, while something is done to the cluster besides what verify does itself.
 */
export function verifyOnCluster({ trouble, evidence, ...named }: ClusterTrouble): Scenario {
  let redis: ClusterRedis;
  return {
    ...named,
    evidence: { ...evidence, [ACCEPTED_BY_VERIFY]: 1_000 },
    minAccepted: 0,
    isShort: false,
    async start() {
      redis = await startClusterRedis();
      const env = { MILLRACE_DURABILITY: 'replicated', MILLRACE_PARTITIONS: `${PARTITIONS}`, ...redis.env };
      return startSystem(3, { redis: redis.server, modelScripts: MODEL_SCRIPTS, env });
    },
    run: (stage) =>
      verifyBeside(stage, { seconds: 60, rate: 30, minHits: 5 }, async () => {
        await stage.sleep(LEAD_MS);
        await trouble(stage, redis);
      }),
  };
}
