import { INSPECTABLE, runInside } from '../inspector.ts';
import type { Scenario } from '../scenario.ts';
import { recoveryBoundMs, startSystem, TIMES } from '../start-system.ts';

const BLOCKS = 4;
const RATE = 60;
const CALL_MS = 500;
const BLOCKED_MS = 2 * TIMES.claimIdleMs + 500;

/** S5: the event loop of a consumer stands still for two claim times: it lives, and cannot say so. */
export const blockedConsumer: Scenario = {
  id: 'S5',
  title: 'a consumer whose event loop stands still loses its work to others, and takes none of it twice',
  fault: 'the event loop of a consumer is blocked for 2 claim times',
  evidence: { 'claims from a consumer that lives': BLOCKS, 'calls at most once that ended unknown': 1 },
  minAccepted: 100,
  isShort: false,
  async start() {
    const system = await startSystem(0);
    await Promise.all(Array.from({ length: 3 }, () => system.startConsumer({}, INSPECTABLE)));
    return system;
  },
  async run(stage) {
    const { system, nemesis, evidence } = stage;
    await stage.slowTools(CALL_MS);
    const load = stage.startLoad(RATE);
    await stage.warmUp();
    for (let block = 0; block < BLOCKS; block += 1) {
      const { process } = await nemesis.catchHolding(6);
      process.thaw();
      await runInside(process, `{ const end = Date.now() + ${BLOCKED_MS}; while (Date.now() < end); }`);
      await stage.sleep(200);
      if ((await system.heldBy(process.pid)) === 0) continue;
      stage.worstTiming('held work is started again', await nemesis.untilTakenOver(process), recoveryBoundMs());
      if (process.isRunning) evidence.note('claims from a consumer that lives');
      await stage.until(async () => (await fetch(`${process.url}/livez`)).ok, 'the consumer answers again');
    }
    await load.stop();
  },
  judgeMore({ stage, routes }) {
    const uncertain = routes.reduce((sum, route) => sum + route.uncertain, 0);
    stage.evidence.note('calls at most once that ended unknown', uncertain);
    return [];
  },
};
