import { readCounter } from '../read-counter.ts';
import type { Scenario } from '../scenario.ts';
import { recoveryBoundMs, startSystem, TIMES } from '../start-system.ts';

const FREEZES = 2;
const RATE = 60;
/** Calls that are under way when their consumer is frozen, and answered long before it wakes. */
const CALL_MS = 150;
const FROZEN_MS = 2.5 * TIMES.claimIdleMs;

/** S4: a consumer that is stopped long enough to be taken for dead, and then goes on as if nothing had happened. */
export const frozenConsumer: Scenario = {
  id: 'S4',
  title: 'a consumer that wakes up after its work was claimed changes nothing',
  fault: 'SIGSTOP of a consumer for 2.5 claim times, then SIGCONT',
  evidence: {
    'freezes that hit held work': FREEZES,
    'settlements refused': 1,
    'calls at most once that ended unknown': 1,
  },
  minAccepted: 100,
  isShort: true,
  start: (env) => startSystem(3, { env }),
  async run(stage) {
    const { nemesis, evidence } = stage;
    await stage.slowTools(CALL_MS);
    const load = stage.startLoad(RATE);
    await stage.warmUp();
    for (let freeze = 0; freeze < FREEZES; freeze += 1) {
      const { process, held } = await nemesis.catchHolding(2);
      evidence.note('freezes that hit held work');
      evidence.note('entries held by the frozen', held);
      const [takenOverMs] = await Promise.all([nemesis.untilTakenOver(process), stage.sleep(FROZEN_MS)]);
      stage.worstTiming('held work is started again', takenOverMs, recoveryBoundMs());
      process.thaw();
      await stage.sleep(1_000);
    }
    await load.stop();
    for (const consumer of stage.system.runningConsumers) {
      evidence.note('settlements refused', await readCounter(consumer, 'millrace_fenced_settlements_total'));
    }
  },
  judgeMore({ stage, routes }) {
    const uncertain = routes.reduce((sum, route) => sum + route.uncertain, 0);
    stage.evidence.note('calls at most once that ended unknown', uncertain);
    return [];
  },
};
