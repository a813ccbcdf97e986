import { judge, judgeIds } from '@millrace/cli';
import { readCounter } from '../read-counter.ts';
import type { Scenario } from '../scenario.ts';
import { startSystem } from '../start-system.ts';

/** Long enough that a machine which is busy with other things does not look like a dead consumer. */
const PATIENT = { claimIdleMs: 12_000, heartbeatMs: 500, sweepMs: 500 };
const LOAD_MS = 10_000;
const RATE = 60;

/** S1: what the others are measured against. A repeat of any kind would be the suite's own. */
export const baseline: Scenario = {
  id: 'S1',
  title: 'without a fault nothing is delivered twice',
  fault: 'none',
  evidence: {},
  minAccepted: 150,
  isShort: true,
  start: (env) => startSystem(2, { env, times: PATIENT }),
  async run(stage) {
    const load = stage.startLoad(RATE);
    await stage.sleep(LOAD_MS);
    await load.stop();
    stage.timing('p99 of a post', stage.producer.quantileMs(0.99) ?? 0);
    await stage.until(async () => (await stage.system.unfinished()).backlog === 0, 'everything is carried out');
    for (const consumer of stage.system.runningConsumers) {
      const claims = await readCounter(consumer, 'millrace_redeliveries_total');
      stage.findings.push(judge('nothing-claimed', claims === 0 ? undefined : `${claims} entries`, false));
    }
  },
  judgeMore: ({ history }) => [
    judgeIds(
      'called-once',
      history.witnesses
        .flatMap(({ tallies }) => tallies)
        .filter(({ reached }) => reached !== 1)
        .map(({ eventId }) => eventId),
    ),
  ],
};
