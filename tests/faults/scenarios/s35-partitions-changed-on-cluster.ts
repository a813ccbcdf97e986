import { type ClusterServer, freePort } from '@millrace/testing';
import { type ClusterRedis, HOME_SLOT, startClusterRedis } from '../../system/cluster-redis.ts';
import type { RunningCommand } from '../../system/command.ts';
import { readFence, readMapLines } from '../../system/redis-facts.ts';
import { withRedis } from '../../system/replicated-redis.ts';
import { ORDERED_EVENTS, startBothLoads } from '../both-loads.ts';
import type { OrderedLoad } from '../ordered-load.ts';
import {
  CONSUMERS_KILLED,
  changeToTheEnd,
  judgeChange,
  killWorkers,
  PRODUCER_KILLED,
  startChange,
} from '../partitions-change.ts';
import { losePrimaryWithWrites, untilReplaced } from '../primary-killing.ts';
import type { Scenario } from '../scenario.ts';
import type { Stage } from '../stage.ts';
import { startSystem } from '../start-system.ts';

const LOST = 'changes whose beginning was lost with a primary, before a replica had it';
const CLOSED = 'primaries killed once the old partition was closed, and replaced by their replicas';
const OPERATOR_KILLED = 'kills of the operator after the change was begun';

let redis: ClusterRedis;
let ordered: OrderedLoad;

/**
 * S35: one partition becomes 16 under load on a Redis Cluster at `replicated`. The primary that has the map and the old
 * partition dies with a change that nobody else has heard of, and once more when the old partition has just been closed.
 */
export const partitionsChangedOnCluster: Scenario = {
  id: 'S35',
  title: 'a change of the number of partitions on a Redis Cluster outlives the primary that has the map',
  fault: 'kill -9 of that primary, twice, and of the command, the operator, consumers and the producer',
  evidence: {
    [LOST]: 1,
    [CLOSED]: 1,
    [CONSUMERS_KILLED]: 3,
    [PRODUCER_KILLED]: 1,
    [OPERATOR_KILLED]: 1,
    [ORDERED_EVENTS]: 300,
  },
  minAccepted: 60,
  isShort: false,
  async start() {
    redis = await startClusterRedis();
    // The operator is started again where it was.
    const env = { MILLRACE_DURABILITY: 'replicated', OPERATOR_PORT: String(await freePort()), ...redis.env };
    return startSystem(3, { redis: redis.server, env });
  },
  async run(stage) {
    const loads = await startBothLoads(stage);
    ordered = loads.ordered;
    await loseTheBeginning(stage);
    await ordered.untilEachHas(1);
    await losePrimaryOnceClosed(stage);
    await Promise.all([killWorkers(stage), killOperator(stage)]);
    await changeToTheEnd(stage);
    await ordered.untilEachHas(2);
    await loads.stop();
  },
  judgeMore: ({ stage }) => judgeChange(stage, 1, ordered),
};

/** The primary takes the change down, its replicas do not hear of it, and it dies. */
async function loseTheBeginning(stage: Stage): Promise<void> {
  let command: RunningCommand | undefined;
  const { killed, promoted } = await losePrimaryWithWrites(stage, redis, HOME_SLOT, async (primary) => {
    command = startChange(stage);
    await stage.until(() => hasBegun(primary), 'the change is begun');
    command.kill();
  });
  await command?.ended;
  if (!(await hasBegun(promoted))) stage.evidence.note(LOST);
  await untilReplaced(stage, redis, HOME_SLOT, killed);
}

/** The primary dies with the command, as soon as it has closed the partition to the old map. */
async function losePrimaryOnceClosed(stage: Stage): Promise<void> {
  const primary = await redis.cluster.primaryOf(HOME_SLOT);
  const command = startChange(stage);
  const isClosed = await withRedis(primary, (direct) =>
    stage.until(async () => (await readFence(direct, 0)) === 2, 'the old partition is closed'),
  );
  await primary.kill();
  command.kill();
  await command.ended;
  await untilReplaced(stage, redis, HOME_SLOT, primary);
  if (isClosed) stage.evidence.note(CLOSED);
}

async function killOperator({ system, evidence }: Stage): Promise<void> {
  await system.operator.kill();
  evidence.note(OPERATOR_KILLED);
  await system.startOperator();
}

function hasBegun(server: ClusterServer): Promise<boolean> {
  return withRedis(server, async (direct) =>
    (await readMapLines(direct)).some(({ state }) => state === 'preparing' || state === 'draining'),
  );
}
