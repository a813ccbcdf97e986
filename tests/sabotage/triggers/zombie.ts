import { fileURLToPath } from 'node:url';
import { TIMES, type Trigger } from '../trigger.ts';

const RATE = 60;
const EVENTS = 24;
/** The time after which a call is given up, in `config-one-attempt/routes.yaml`. */
const TIMEOUT_MS = 7_000;
/** The calls of whoever takes over last until the first consumer has woken, and still end well in time. */
const CALL_MS = 4_500;
/** Who is frozen for longer, in ms, has lost its connections to Redis, and settles nothing in any build. */
const MAX_FROZEN_MS = 9_500;

/**
 * A consumer is frozen in the middle of its calls until others have begun them anew, and wakes to find that its own have
 * run out of time: its word, that they failed for good, must not count any more.
 */
export const zombie: Trigger = {
  fault: 'a consumer is frozen until others have its work, and wakes up',
  consumers: 1,
  // Nobody takes over so early that the calls would be over when the first consumer wakes.
  times: { ...TIMES, claimIdleMs: 4_000 },
  env: { MILLRACE_CONFIG: fileURLToPath(new URL('../config-one-attempt', import.meta.url)) },
  evidence: { 'entries held by the frozen': EVENTS / 2, 'woken while others had its work': 1 },
  minAccepted: 5,
  async run(stage) {
    const { system, evidence, nemesis } = stage;
    await stage.setFaults((tool) => [{ tool, kind: 'hang' }]);
    const load = stage.startLoad(RATE);
    await stage.until(() => stage.ledger.size >= EVENTS, 'enough events have been sent');
    await load.stop();
    const caught = await nemesis.catchHolding(EVENTS / 2);
    const begunAt = performance.now();
    evidence.note('entries held by the frozen', caught.held);
    await stage.slowTools(CALL_MS);
    const other = await system.startConsumer();
    await nemesis.untilTakenOver(caught.process);
    await stage.sleep(Math.max(0, TIMEOUT_MS + 200 - (performance.now() - begunAt)));
    const isHit = (await system.heldBy(other.pid)) > 0 && performance.now() - begunAt < MAX_FROZEN_MS;
    caught.process.thaw();
    if (isHit) evidence.note('woken while others had its work');
    await stage.sleep(CALL_MS);
  },
};
