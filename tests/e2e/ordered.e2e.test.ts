import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { waitUntil } from '@millrace/testing';
import { countQueued, listKeys } from '../system/redis-facts.js';
import type { ServiceProcess } from '../system/service-process.js';
import { SHORT_TIMES, System } from '../system/system.js';

const ROUTES = `
routes:
  - id: in-order
    on: { type: com.test.step }
    call: { server: aws, tool: notify.email }
    with: '{ "eventId": id, "to": "someone@shop.example", "subject": "step" }'
    ordered: partitionkey
    retry: { attempts: 20, initial: 50ms, max: 500ms }
`;
const isFull = process.env.MILLRACE_TEST_FULL !== undefined;
/** `npm run test:full` posts 20,000. */
const [KEYS, EVENTS, KILLS] = isFull ? [64, 20_000, 10] : [16, 640, 2];
const MOST_OF_A_KEY = 2_000;
const LIMIT_MS = isFull ? 900_000 : 300_000;

let system: System;

beforeAll(async () => {
  system = await System.start(1, { config: { 'routes.yaml': ROUTES }, env: SHORT_TIMES });
});

afterAll(async () => {
  await system.stop();
});

describe('an ordered route, while consumers go from 1 to 6 to 2 and are killed', () => {
  it(
    'has the first effects of each key in the order of acceptance, and loses no event',
    async () => {
      const keys = Array.from({ length: KEYS }, (_, key) => `key-${key}`);
      const each = Math.floor(EVENTS / KEYS);
      // Of one call in fifty the tool says that it failed; all take a while, so that there is something to kill.
      await system.setFaults('aws', [
        { tool: 'notify.email', kind: 'error', everyNth: 50 },
        { tool: 'notify.email', kind: 'delay', delayMs: 5 },
      ]);
      // Until the last kill at least: each victim has to be found at work.
      let isKilling = true;
      const posting = Promise.all(
        keys.map(async (partitionkey) => {
          const posted: string[] = [];
          while (posted.length < each || (isKilling && posted.length < MOST_OF_A_KEY)) {
            const id = `${partitionkey}.${posted.length}`;
            const { status } = await system.post({ type: 'com.test.step', id, partitionkey, data: {} });
            expect(status).toBe(202);
            posted.push(id);
            if (posted.length <= each) continue;
            await sleep(50);
            await system.untilFewOpen(() => !isKilling);
          }
          return [partitionkey, posted] as const;
        }),
      );
      await Promise.all(Array.from({ length: 5 }, () => system.startConsumer()));
      let hits = 0;
      /** How many calls had failed by each kill. */
      const failed: number[] = [];
      for (let kill = 0; kill < KILLS; kill += 1) {
        // Over the whole run, with calls that fail before, between and after.
        const done = (EVENTS * (kill + 1)) / (KILLS + 2);
        await waitUntil(async () => (await system.witnessed('aws')).size >= done, `${done} are done`, LIMIT_MS);
        failed.push(await system.struck('aws', 'error'));
        const [victim] = system.consumers.splice(Math.floor(Math.random() * system.consumers.length), 1);
        await waitUntil(async () => (await system.heldBy(victim?.pid ?? 0)) > 0, 'the victim holds entries');
        await victim?.kill();
        if ((await system.heldBy(victim?.pid ?? 0)) > 0) hits += 1;
        await system.startConsumer();
      }
      isKilling = false;
      for (const consumer of system.consumers.splice(0, 4)) await consumer.stop();
      const accepted = await posting;
      await system.untilIdle(isFull ? 600_000 : 120_000);
      failed.push(await system.struck('aws', 'error'));
      expect(hits).toBeGreaterThan(0);
      for (const [at, count] of failed.entries()) expect(count).toBeGreaterThan(failed[at - 1] ?? 0);
      expect(failed.at(-1)).toBeGreaterThanOrEqual(Math.floor(EVENTS / 50));
      const effects = await system.firstEffects('aws');
      for (const [key, posted] of accepted) expect(effects.filter((id) => id.startsWith(`${key}.`))).toEqual(posted);
      expect(await system.deadLetters()).toBe(0);
    },
    LIMIT_MS,
  );
});

describe('an ordered route, while consumers that hold the first of a key are frozen and wake up later', () => {
  const FREEZES = isFull ? 20 : 2;
  const QUEUED = 6;

  /** Freezes consumers in turn until one has nothing but the first of the key, and the others wait behind it. */
  async function freezeHolder(): Promise<ServiceProcess> {
    return waitUntil(async () => {
      for (const consumer of system.runningConsumers) {
        consumer.freeze();
        const { pending } = await system.unfinished();
        if (pending === 1 && (await countQueued(system.facts)) > 0 && (await system.heldBy(consumer.pid)) === 1)
          return consumer;
        consumer.thaw();
      }
      return false;
    }, 'a consumer is frozen with the first of the key');
  }

  it(
    'has the first effects in the order of acceptance: what a consumer does when it wakes up changes nothing of it',
    async () => {
      await system.setFaults('aws', [{ tool: 'notify.email', kind: 'delay', delayMs: 50 }]);
      const ids: string[] = [];
      // As long as somebody is to be frozen, events wait behind the first of the key.
      let isFreezing = true;
      const posting = (async () => {
        while (isFreezing) {
          const id = `frozen.${ids.length}`;
          await system.post({ type: 'com.test.step', id, partitionkey: 'frozen', data: {} });
          ids.push(id);
          await waitUntil(async () => !isFreezing || (await countQueued(system.facts)) < QUEUED, 'fewer wait');
        }
      })();
      for (let round = 0; round < FREEZES; round += 1) {
        const frozen = await freezeHolder();
        const before = (await system.firstEffects('aws')).length;
        await waitUntil(async () => (await system.heldBy(frozen.pid)) === 0, 'another has taken it over');
        await waitUntil(async () => (await system.firstEffects('aws')).length > before + 1, 'the key has gone on');
        frozen.thaw();
      }
      isFreezing = false;
      await posting;
      await system.untilIdle();
      const effects = await system.firstEffects('aws');
      expect(effects.filter((id) => id.startsWith('frozen.'))).toEqual(ids);
      expect(await system.deadLetters()).toBe(0);
      expect(await listKeys(system.facts, 'millrace:{*}:lane*')).toEqual([]);
    },
    LIMIT_MS,
  );
});
