import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { waitUntil } from '@millrace/testing';
import { CLOUDS } from '../system/mock-cloud.js';
import { type ServiceProcess, startService } from '../system/service-process.js';
import { SHORT_TIMES, System } from '../system/system.js';
import { asked, fiveCalls, follow, SERVERS, TRIAGE } from './five-calls.js';

/** Some forty trials of several seconds each. The nine of `agents.e2e` and the crashes of `packages/agent` run always. */
const isFull = process.env.MILLRACE_TEST_FULL !== undefined;

let model: ServiceProcess;
let system: System;

beforeAll(async () => {
  if (!isFull) return;
  model = await startService('model-script', { MODEL_SCRIPT_PORT: '0' });
  const config = {
    'servers.yaml': SERVERS,
    'routes.yaml': `routes:${TRIAGE}`,
    'models.yaml': `models:\n  default: { url: '${model.url}/v1', model: scripted }\n`,
  };
  const env = { ...SHORT_TIMES, MILLRACE_CONFIG_POLL_MS: '0' };
  system = await System.start(1, { config, env, proxied: ['redis'] });
});

afterAll(async () => {
  await system?.stop();
  await model?.stop();
});

/** Whether it writes into the journal: a script over a record that neither settles nor renews nor plans nor reads. */
function isJournal(request: string): boolean {
  if (!/evalsha/i.test(request) || !request.includes('}:record:')) return false;
  return request.includes('}:events') && !/\}:(changes|counters|dead|lanes)/.test(request);
}

/**
 * Kills the consumer at its `nth` write to the journal: before Redis has heard it whole, or once Redis is to carry it out.
 * Resolves with the record in the end, and whether there were so many writes.
 */
async function runKilledAt(eventId: string, nth: number, when: 'before' | 'after') {
  const proxy = system.proxy('redis');
  await follow(model, [fiveCalls(eventId)]);
  let writes = 0;
  let killed: Promise<unknown> | undefined;
  const where = (request: Buffer) => {
    if (killed !== undefined || !isJournal(request.toString('latin1'))) return false;
    writes += 1;
    if (writes < nth) return false;
    killed = system.consumers.splice(0, 1)[0]?.kill();
    return true;
  };
  proxy.set({ kind: when === 'before' ? 'cut-request' : 'cut-reply', where });
  const { body } = await system.post({ type: 'com.ops.incident', id: eventId, data: { service: 'shop' } });
  const isOver = async () => ['done', 'dead'].includes((await system.record(body.ref)).state);
  await waitUntil(
    async () => killed !== undefined || (await isOver()),
    'the consumer is killed, or there is no such write',
  );
  proxy.set({ kind: 'pass' });
  if (killed !== undefined) {
    await killed;
    await system.startConsumer();
  }
  const { routes } = await system.untilState(body.ref, 'done');
  return { routes, wasKilled: killed !== undefined };
}

async function effectsOf(eventId: string): Promise<readonly number[]> {
  const counts = await Promise.all(CLOUDS.map((cloud) => system.witnessed(cloud)));
  return counts.map((count) => count.get(eventId)?.effects ?? 0);
}

describe('an agent whose consumer is killed at a write to its journal', () => {
  (isFull ? it : it.skip)(
    'ends as one that was not, whichever write it is: every effect once, at most one question asked again',
    async () => {
      let trials = 0;
      for (const when of ['before', 'after'] as const)
        for (let nth = 1, wasKilled = true; wasKilled; nth += 1) {
          const eventId = `killed-${when}-${nth}`;
          const run = await runKilledAt(eventId, nth, when);
          const { wasKilled: wasHit, routes } = run;
          wasKilled = wasHit;
          trials += wasHit ? 1 : 0;
          const spent = { steps: 4, calls: 5 };
          expect([eventId, routes]).toMatchObject([
            eventId,
            [{ state: 'done', result: { output: 'dealt with', spent } }],
          ]);
          expect([eventId, await effectsOf(eventId)]).toEqual([eventId, [1, 3, 1]]);
          const answers = (await asked(model)).map(({ answer }) => answer);
          expect([eventId, [...new Set(answers)]]).toEqual([eventId, [0, 1, 2, 3]]);
          expect(answers.length).toBeLessThanOrEqual(wasHit ? 5 : 4);
        }
      console.log(`${trials} trials, each with a kill at another write or on its other side`);
      // Four answers, and of each call at least that it is about to be sent and that it was answered, both ways.
      expect(trials).toBeGreaterThanOrEqual(2 * (4 + 5));
    },
    900_000,
  );
});
