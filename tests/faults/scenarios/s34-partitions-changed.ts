import { freePort } from '@millrace/testing';
import { countPartitions, readFence, readMapLines } from '../../system/redis-facts.ts';
import { ORDERED_EVENTS, startBothLoads } from '../both-loads.ts';
import type { OrderedLoad } from '../ordered-load.ts';
import {
  CONSUMERS_KILLED,
  changeToTheEnd,
  judgeChange,
  killWorkers,
  PRODUCER_KILLED,
  startChange,
  WANTED,
} from '../partitions-change.ts';
import type { Scenario } from '../scenario.ts';
import type { Stage } from '../stage.ts';
import { startSystem } from '../start-system.ts';

const STOPPED = 'operators killed between closing the old partition and the new map, and the command with them';
const CARRIED_ON = 'changes carried on by a producer that was held up';
/** Arguments of the script, as they go over the wire: from which state into which. */
const LAST_STEP = '\r\npreparing\r\n$6\r\nactive\r\n';

let ordered: OrderedLoad;

/** S34: one partition becomes 16 under load. Whoever changes it dies in the middle, and so do those who work meanwhile. */
export const partitionsChanged: Scenario = {
  id: 'S34',
  title: 'a change of the number of partitions loses no event, does none twice and keeps the order of each key',
  fault: 'kill -9 of the command, the operator, consumers and the producer while 1 partition becomes 16',
  evidence: { [STOPPED]: 1, [CARRIED_ON]: 1, [CONSUMERS_KILLED]: 3, [PRODUCER_KILLED]: 1, [ORDERED_EVENTS]: 300 },
  minAccepted: 60,
  isShort: false,
  // The operator is started again where it was.
  start: async () => startSystem(3, { proxied: ['redis'], env: { OPERATOR_PORT: String(await freePort()) } }),
  async run(stage) {
    const loads = await startBothLoads(stage);
    ordered = loads.ordered;
    await stopInTheMiddle(stage);
    await Promise.all([killWorkers(stage), stage.system.startOperator()]);
    await changeToTheEnd(stage);
    await ordered.untilEachHas(2);
    await loads.stop();
  },
  judgeMore: ({ stage }) => judgeChange(stage, 1, ordered),
};

/** Lets the change come as far as the last of its steps, and nobody who makes that one live. */
async function stopInTheMiddle(stage: Stage): Promise<void> {
  const { system, evidence, producer } = stage;
  const proxy = system.proxy('redis');
  let dying: Promise<void> | undefined;
  proxy.set({
    kind: 'cut-request',
    where: (request) => {
      const isLastStep = request.includes(LAST_STEP);
      if (isLastStep) dying ??= system.operator.kill();
      return isLastStep;
    },
  });
  const command = startChange(stage);
  await stage.until(() => dying !== undefined, 'the last step is to be made');
  command.kill();
  await Promise.all([dying, command.ended]);
  const [fence, lines] = await Promise.all([readFence(system.facts, 0), readMapLines(system.facts)]);
  const diedAt = performance.now();
  proxy.set({ kind: 'pass' });
  if (fence === 2 && lines.at(-1)?.state === 'preparing') evidence.note(STOPPED);
  await stage.until(async () => (await countPartitions(system.facts)) === WANTED, 'somebody carries the change on');
  evidence.note(CARRIED_ON);
  const accepts = () => producer.posts.some(({ at, status }) => at > diedAt && status === 202);
  await stage.until(accepts, 'events are accepted');
  const first = producer.posts.find(({ at, status }) => at > diedAt && status === 202);
  stage.timing('no event was accepted for', (first?.at ?? diedAt) - diedAt, 3_000);
}
