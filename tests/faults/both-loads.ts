import { linesByKey, ORDERED_TOOL, OrderedLoad } from './ordered-load.ts';
import type { Stage } from './stage.ts';

const KEYS = 24;
const PAUSE_MS = 120;
const RATE = 30;
const CALL_MS = 60;

export const ORDERED_EVENTS = 'ordered events';

/** Events along all routes, with the ordered one among them, and calls that take long enough to be killed in. */
export async function startBothLoads(stage: Stage): Promise<{ readonly ordered: OrderedLoad; stop(): Promise<void> }> {
  await stage.slowTools(CALL_MS);
  const delays = ['card.charge', ORDERED_TOOL].map((tool) => ({ tool, kind: 'delay', delayMs: CALL_MS }) as const);
  await stage.system.setFaults('azure', delays);
  const load = stage.startLoad(RATE);
  const ordered = new OrderedLoad(stage, { lines: linesByKey(stage, KEYS), pauseMs: PAUSE_MS });
  await stage.warmUp();
  await ordered.untilEachHas(1);
  return {
    ordered,
    stop: async () => {
      await Promise.all([load.stop(), ordered.stop()]);
      stage.evidence.note(ORDERED_EVENTS, ordered.accepted.length);
    },
  };
}
