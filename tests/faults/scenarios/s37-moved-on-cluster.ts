import { shuffle } from '@millrace/core';
import { type ClusterRedis, startClusterRedis } from '../../system/cluster-redis.ts';
import { movingConfig } from '../moving-config.ts';
import {
  ARRIVALS_LOST,
  DEPARTURES_LOST,
  DESTINATIONS_KILLED,
  killDestination,
  killMover,
  killOrigin,
  loseArrival,
  loseDeparture,
  MOVERS_KILLED,
  moveOrigin,
  ORIGINS_KILLED,
  SLOTS_MOVED,
} from '../moving-faults.ts';
import { judgeMoving, MOVED, MOVING_EVENTS, MOVING_PARTITIONS, startMovingLoad } from '../moving-load.ts';
import type { OrderedLoad } from '../ordered-load.ts';
import type { Scenario } from '../scenario.ts';
import { startSystem } from '../start-system.ts';

const RATE = 10;
const PAUSE_MS = 1_000;
/** One of each, in an order by the seed. */
const FAULTS = [killMover, killOrigin, killDestination, loseDeparture, loseArrival, moveOrigin] as const;

let redis: ClusterRedis;
let moving: OrderedLoad;

/**
 * S37: deliveries go on in the partition of their key, on a Redis Cluster at `replicated`, while whoever moves them dies and
 * so do the primaries on either side: with what they had not told their replicas, too.
 */
export const movedOnCluster: Scenario = {
  id: 'S37',
  title:
    'deliveries that go on in another partition of a Redis Cluster are in order, none lost and none carried out twice',
  fault: 'kill -9 of consumers that move them and of primaries on either side; slots moved between primaries',
  evidence: {
    [MOVERS_KILLED]: 1,
    [ORIGINS_KILLED]: 1,
    [DESTINATIONS_KILLED]: 1,
    [DEPARTURES_LOST]: 1,
    [ARRIVALS_LOST]: 1,
    [SLOTS_MOVED]: 1,
    [MOVING_EVENTS]: 500,
    [MOVED]: 500,
  },
  minAccepted: 20,
  isShort: false,
  async start() {
    redis = await startClusterRedis();
    const env = { MILLRACE_DURABILITY: 'replicated', MILLRACE_PARTITIONS: `${MOVING_PARTITIONS}`, ...redis.env };
    return startSystem(3, { redis: redis.server, config: movingConfig(), env });
  },
  async run(stage) {
    moving = await startMovingLoad(stage);
    const load = stage.startLoad(RATE);
    await stage.warmUp();
    await moving.untilEachHas(1);
    for (const fault of shuffle(FAULTS, stage.random)) {
      await fault(stage, redis);
      await redis.cluster.untilWhole();
      await redis.follow();
      await stage.sleep(PAUSE_MS);
    }
    await moving.untilEachHas(2);
    await Promise.all([load.stop(), moving.stop()]);
  },
  judgeMore: ({ stage }) => judgeMoving(stage, moving),
};
