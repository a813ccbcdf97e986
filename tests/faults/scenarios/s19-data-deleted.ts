import { judge, TESTED_ROUTES } from '@millrace/cli';
import type { Cloud } from '../../system/mock-cloud.ts';
import type { ServiceProcess } from '../../system/service-process.ts';
import type { Scenario } from '../scenario.ts';
import type { Stage } from '../stage.ts';
import { startSystem } from '../start-system.ts';
import { sumCounters } from '../sum-counters.ts';

const EVENTS = 'millrace:{0}:events';
const GROUP = 'consumers';
const RATE = 30;
const MAX_LINES_PER_SECOND = 10;
const NOTICED = 'times a consumer made the group anew';
const LOST = 'events counted as lost';

/** S19: somebody destroys the group, deletes the stream, and empties Redis, each while consumers wait in a read. */
export const dataDeleted: Scenario = {
  id: 'S19',
  title: 'what is deleted under running consumers is counted, alarmed and not repeated',
  fault: 'XGROUP DESTROY, DEL of the stream, FLUSHALL',
  evidence: { [NOTICED]: 3, [LOST]: 1, 'processes that logged it': 1 },
  minAccepted: 30,
  isShort: false,
  start: () => startSystem(2),
  async run(stage) {
    await destroyGroup(stage);
    await deleteStream(stage);
    await remakes(stage, async () => void (await stage.system.redis.flushall()));
    const load = stage.startLoad(RATE);
    await stage.sleep(4_000);
    await load.stop();
    const consumers = stage.system.runningConsumers;
    stage.evidence.note('processes that logged it', consumers.filter(({ log }) => log.includes('made anew')).length);
    const worst = Math.max(...consumers.map(linesInWorstSecond));
    const why = worst <= MAX_LINES_PER_SECOND ? undefined : `${worst} lines in one second`;
    stage.findings.push(judge('the-log-stays-small', why, false));
  },
};

/** Events that are done come round again; of the two stricter guarantees none may be called a second time. */
async function destroyGroup(stage: Stage): Promise<void> {
  const { system } = stage;
  const strict = TESTED_ROUTES.filter(({ guarantee }) => guarantee !== 'at-least-once');
  const posted = strict.flatMap(({ type, cloud }) =>
    Array.from({ length: 10 }, (_, n) => ({ type, cloud: cloud as Cloud, id: `destroyed-${cloud}-${n}` })),
  );
  for (const { type, id } of posted) await system.post({ type, id, source: '/destroyed', data: {} });
  await system.untilIdle(60_000);
  await remakes(stage, async () => void (await system.redis.xgroup('DESTROY', EVENTS, GROUP)));
  await system.untilIdle(60_000);
  await stage.until(async () => (await system.unfinished()).due === 0, 'what was refused has been looked at');
  await system.untilIdle(60_000);
  const wrong: string[] = [];
  for (const { cloud, id } of posted) {
    const requests = (await system.witnessed(cloud)).get(id)?.requests ?? 0;
    if (requests !== 1) wrong.push(`${id} was called ${requests} times`);
  }
  stage.findings.push(judge('a-destroyed-group-repeats-no-recorded-call', wrong[0], false));
}

/** What was open is gone, and the consumers say how much that was. */
async function deleteStream(stage: Stage): Promise<void> {
  const { system } = stage;
  const before = await sumCounters(system.runningConsumers, 'millrace_lost_entries_total');
  let backlog = 0;
  await remakes(stage, async () => {
    for (const consumer of system.runningConsumers) consumer.freeze();
    for (let n = 0; n < 20; n += 1) {
      await system.post({
        type: 'dev.millrace.verify.at-least-once',
        id: `deleted-${n}`,
        source: '/deleted',
        data: {},
      });
    }
    ({ backlog } = await system.unfinished());
    await system.redis.del(EVENTS);
    for (const consumer of system.runningConsumers) consumer.thaw();
  });
  const lost = (await sumCounters(system.runningConsumers, 'millrace_lost_entries_total')) - before;
  stage.evidence.note(LOST, lost);
  const why = lost === backlog ? undefined : `${backlog} were open, ${lost} are counted as lost`;
  stage.findings.push(judge('what-was-open-is-counted', why, false));
}

/** Does something, and waits until a consumer has made the group anew. */
async function remakes(stage: Stage, destroy: () => Promise<void>): Promise<void> {
  const { system, evidence } = stage;
  const name = 'millrace_group_recreated_total';
  const before = await sumCounters(system.runningConsumers, name);
  const startedAt = performance.now();
  await destroy();
  await stage.until(async () => (await sumCounters(system.runningConsumers, name)) > before, 'the group is made anew');
  stage.worstTiming('the group is made anew', performance.now() - startedAt, 2_000);
  evidence.note(NOTICED);
}

function linesInWorstSecond({ log }: ServiceProcess): number {
  const times = [...log.matchAll(/"time":"([^"]+)"/g)].map(([, time = '']) => Date.parse(time));
  return Math.max(0, ...times.map((from) => times.filter((time) => time >= from && time < from + 1_000).length));
}
