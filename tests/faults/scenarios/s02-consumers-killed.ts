import type { Scenario } from '../scenario.ts';
import { recoveryBoundMs, startSystem } from '../start-system.ts';

const KILLS = 11;
const RATE = 60;
/** Slow enough that a consumer which is caught is in the middle of calls. */
const CALL_MS = 120;

/** S2: `kill -9` of consumers in the middle of calls, one after the other, under load. */
export const consumersKilled: Scenario = {
  id: 'S2',
  title: 'what a killed consumer held is started again by others',
  fault: 'kill -9 of a consumer, over and over',
  evidence: { 'kills that hit held work': 10, 'calls at most once that ended unknown': 1 },
  minAccepted: 100,
  isShort: true,
  start: (env) => startSystem(3, { env }),
  async run(stage) {
    const { system, nemesis, evidence } = stage;
    await stage.slowTools(CALL_MS);
    const load = stage.startLoad(RATE);
    await stage.warmUp();
    for (let kill = 0; kill < KILLS; kill += 1) {
      const { process, held } = await nemesis.killHolding();
      evidence.note('kills that hit held work');
      evidence.note('entries held by the killed', held);
      const started = system.startConsumer();
      stage.worstTiming('held work is started again', await nemesis.untilTakenOver(process), recoveryBoundMs());
      await started;
    }
    await load.stop();
  },
  judgeMore({ stage, routes }) {
    stage.evidence.note(
      'calls at most once that ended unknown',
      routes.reduce((sum, { uncertain }) => sum + uncertain, 0),
    );
    return [];
  },
};
