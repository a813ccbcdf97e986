import { fileURLToPath } from 'node:url';
import { AGENT_ROUTE } from '@millrace/cli';
import { TIMES, type Trigger } from '../trigger.ts';

const RATE = 60;
/** Of the calls under way, so many are never carried out, and all others are, though late. */
const HANGING = 8;
const CALL_MS = 4_000;
const HELD = 30;
/** The tool that a model asks for when it has asked for another, so that two of its answers are kept. */
const LATER_TOOL = 'audit.write';

/** Every consumer dies in the middle of calls that a model has asked for in its second answer. */
export const killedInRuns: Trigger = {
  fault: 'every consumer is killed in the middle of what a model has decided',
  consumers: 2,
  times: TIMES,
  env: { MILLRACE_CONFIG: fileURLToPath(new URL('../config-agent', import.meta.url)) },
  modelScripts: fileURLToPath(new URL('../../../config/scripted-model.yaml', import.meta.url)),
  routes: [AGENT_ROUTE],
  evidence: { 'runs held by the killed': HELD },
  minAccepted: 20,
  async run(stage) {
    const { system, evidence } = stage;
    await stage.setFaults((tool) =>
      tool === LATER_TOOL
        ? [
            { tool, kind: 'hang', times: HANGING },
            { tool, kind: 'delay', delayMs: CALL_MS },
          ]
        : [],
    );
    const load = stage.startLoad(RATE);
    await stage.until(() => stage.ledger.size >= HELD + 10, 'enough events have been sent');
    await load.stop();
    const begun = async () => {
      const { size } = await system.witnessed('aws');
      return size >= HELD && size;
    };
    const held = await stage.until(begun, 'the later tool has been called');
    for (const consumer of system.runningConsumers) await consumer.kill();
    evidence.note('runs held by the killed', held);
    await stage.slowTools(0);
  },
};
