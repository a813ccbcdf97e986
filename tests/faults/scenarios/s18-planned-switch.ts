import { judge } from '@millrace/cli';
import { type ReplicatedRedis, startReplicatedRedis, withRedis } from '../../system/replicated-redis.ts';
import type { Scenario } from '../scenario.ts';
import { startSystem } from '../start-system.ts';

const RATE = 60;
const READONLY = 'processes that were told READONLY, or saw that they write to a replica';

let redis: ReplicatedRedis;

/** S18: the primary hands over to its replica by `FAILOVER`; the address is moved a moment later. */
export const plannedSwitch: Scenario = {
  id: 'S18',
  title: 'a planned switch with FAILOVER loses nothing, and everybody finds the new primary',
  fault: 'FAILOVER to the replica; the address leads to the old primary for a while',
  evidence: { [READONLY]: 1, switches: 1 },
  minAccepted: 60,
  isShort: false,
  async start() {
    redis = await startReplicatedRedis(1);
    return startSystem(2, { redis: redis.server });
  },
  async run(stage) {
    const { system, evidence, producer } = stage;
    const [old, next] = redis.nodes;
    if (old === undefined || next === undefined) throw new Error('there is no replica');
    await stage.slowTools(80);
    const load = stage.startLoad(RATE);
    await stage.sleep(2_000);
    await stage.until(async () => (await system.unfinished()).pending > 0, 'work is held');
    const startedAt = performance.now();
    await withRedis(old, (one) => one.call('FAILOVER', 'TO', '127.0.0.1', next.port, 'TIMEOUT', 20_000));
    await stage.until(
      () => withRedis(next, async (one) => (await one.info('replication')).includes('role:master')),
      'it has taken over',
    );
    evidence.note('switches');
    // As long as the name still leads to the old one.
    await stage.sleep(1_500);
    redis.pointTo(next);
    const movedAt = performance.now();
    const accepts = () => producer.posts.some(({ at, status }) => at > movedAt && status === 202);
    await stage.until(accepts, 'events are accepted by the new primary');
    stage.timing('events are accepted after the address has moved', performance.now() - movedAt, 2_000);
    stage.timing('the switch', movedAt - startedAt);
    await stage.sleep(3_000);
    await load.stop();
    const processes = [system.producer, system.operator, ...system.runningConsumers];
    evidence.note(READONLY, processes.filter(({ log }) => /READONLY|it is a replica/.test(log)).length);
    const isAlone = async () => {
      const clients = String(await withRedis(old, (one) => one.client('LIST')));
      return !clients.includes('name=millrace');
    };
    const hasLeft = await stage.until(isAlone, 'nobody is with the old one').catch(() => false);
    stage.findings.push(judge('nobody-stays-with-the-old-one', hasLeft ? undefined : 'somebody did', false));
  },
};
