import { fileURLToPath } from 'node:url';
import { judgeIds } from '@millrace/cli';
import type { Stage } from '../../faults/stage.ts';
import { REST_MS, TIMES, type Trigger } from '../trigger.ts';

const RATE = 60;
const EVENTS = 45;
const POISON = ['poison-1', 'poison-2', 'poison-3'];
const refs = new WeakMap<Stage, readonly string[]>();

/** Posts an event that cannot be carried out. It is none of the load's, for the checker expects those to be done. */
async function postPoison(stage: Stage, ids: readonly string[]): Promise<void> {
  const posted = await Promise.all(
    ids.map((id) => stage.system.post({ type: 'dev.millrace.verify.at-least-once', id, data: {} })),
  );
  refs.set(
    stage,
    posted.map(({ body }) => body.ref),
  );
}

/** Whether every poison event has come to be a dead letter. */
async function areAllDead(stage: Stage): Promise<boolean> {
  const records = await Promise.all((refs.get(stage) ?? []).map((ref) => stage.system.record(ref)));
  return records.length > 0 && records.every(({ state }) => state === 'dead');
}

async function judgePoison(stage: Stage): Promise<void> {
  const isDead = await areAllDead(stage);
  stage.findings.push(judgeIds('poison-is-a-dead-letter', isDead ? [] : (refs.get(stage) ?? ['none'])));
}

/** Waits for the dead letters for as long as anything is waited for. */
async function untilAllDead(stage: Stage): Promise<void> {
  const giveUpAt = performance.now() + REST_MS;
  while (!(await areAllDead(stage)) && performance.now() < giveUpAt) await stage.sleep(100);
}

/** A tool refuses some events whatever is done. */
export const refusedByTool: Trigger = {
  fault: 'a tool always fails for some events',
  consumers: 1,
  times: TIMES,
  env: { MILLRACE_CONFIG: fileURLToPath(new URL('../config-one-attempt', import.meta.url)) },
  evidence: { 'poison events': POISON.length },
  minAccepted: 10,
  async run(stage) {
    await stage.system.setFaults('gcp', [{ tool: 'label.print', kind: 'error', eventIdPrefix: 'poison-' }]);
    const load = stage.startLoad(RATE);
    await postPoison(stage, POISON);
    stage.evidence.note('poison events', POISON.length);
    await stage.until(() => stage.ledger.size >= EVENTS, 'enough events have been sent');
    await load.stop();
    await untilAllDead(stage);
    await judgePoison(stage);
  },
};

/** An event ends every consumer that begins it, with calls of good events under way. */
export const crashesConsumers: Trigger = {
  fault: 'an event ends every consumer that begins it',
  consumers: 2,
  times: { claimIdleMs: 1_200, heartbeatMs: 200, sweepMs: 150 },
  env: { MILLRACE_MAX_STARTS: '3' },
  evidence: { 'consumers ended': 3 },
  minAccepted: 10,
  rewrites: [
    {
      file: 'services/consumer/dist/handle-entry.js',
      find: 'hold.noteRunning(staying.map(',
      replace: `if (entry.event.id.startsWith('poison-')) setTimeout(() => process.kill(process.pid, 'SIGKILL'), 60);
    hold.noteRunning(staying.map(`,
    },
    {
      file: 'services/consumer/dist/handle-at-once.js',
      find: 'const attempt = deliver(',
      replace: `if (entry.event.id.startsWith('poison-')) setTimeout(() => process.kill(process.pid, 'SIGKILL'), 60);
    const attempt = deliver(`,
    },
  ],
  async run(stage) {
    const { system, evidence } = stage;
    // Good calls take longer than the poison needs to strike, and so are under way whenever it does.
    await stage.slowTools(600);
    const load = stage.startLoad(RATE);
    await stage.until(() => stage.ledger.size >= EVENTS, 'enough events have been sent');
    await postPoison(stage, ['poison-1']);
    await load.stop();
    const giveUpAt = performance.now() + 40_000;
    while (!(await areAllDead(stage)) && performance.now() < giveUpAt) {
      for (let gone = 2 - system.runningConsumers.length; gone > 0; gone -= 1) {
        evidence.note('consumers ended');
        await system.startConsumer();
      }
      await stage.sleep(50);
    }
    await judgePoison(stage);
  },
};
