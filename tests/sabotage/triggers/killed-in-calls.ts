import { TIMES, type Trigger } from '../trigger.ts';

const RATE = 60;
/** Of the calls under way, so many for each tool are never carried out, and all others are, though late. */
const HANGING = 8;
const CALL_MS = 4_000;
const HELD = 30;

/** Every consumer dies in the middle of its calls: of some the tool never heard, others are carried out. */
export const killedInCalls: Trigger = {
  fault: 'every consumer is killed in the middle of its calls',
  consumers: 2,
  times: TIMES,
  evidence: { 'entries held by the killed': HELD },
  minAccepted: 8,
  async run(stage) {
    const { system, evidence } = stage;
    await stage.setFaults((tool) => [
      { tool, kind: 'hang', times: HANGING },
      { tool, kind: 'delay', delayMs: CALL_MS },
    ]);
    const load = stage.startLoad(RATE);
    const countHeld = async () => {
      const held = await Promise.all(system.runningConsumers.map(({ pid }) => system.heldBy(pid)));
      return held.reduce((sum, one) => sum + one, 0);
    };
    const hasBegun = () => stage.ledger.size >= HELD + 10;
    await stage.until(hasBegun, 'enough events have been sent');
    await load.stop();
    // A build that acknowledges first holds nothing by Redis' account: what the tools have been asked counts for it.
    const begun = async () => {
      const counts = await Promise.all((['aws', 'gcp', 'azure'] as const).map((cloud) => system.witnessed(cloud)));
      return counts.reduce((sum, { size }) => sum + size, 0) >= HELD && HELD;
    };
    const held = Math.max(await stage.until(begun, 'the tools have been called'), await countHeld());
    for (const consumer of system.runningConsumers) await consumer.kill();
    evidence.note('entries held by the killed', held);
    await stage.slowTools(0);
  },
};
