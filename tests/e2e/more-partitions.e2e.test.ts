import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { waitUntil } from '@millrace/testing';
import { SHORT_TIMES, System } from '../system/system.js';

const ROUTES = `
routes:
  - id: in-order
    on: { type: com.test.step }
    call: { server: azure, tool: ticket.open }
    with: '{ "eventId": id, "title": "step", "severity": "low" }'
    delivery: effectively-once
    idempotency: key
    ordered: partitionkey
    retry: { attempts: 20, initial: 50ms, max: 500ms }
`;
const isFull = process.env.MILLRACE_TEST_FULL !== undefined;
/** `npm run test:full` posts 20,000. */
const [KEYS, EACH, KILLS] = isFull ? [64, 312, 8] : [64, 6, 2];
const PARTITIONS = 16;
const LIMIT_MS = isFull ? 900_000 : 300_000;

let system: System;

beforeAll(async () => {
  system = await System.start(3, {
    config: { 'routes.yaml': ROUTES },
    env: { ...SHORT_TIMES, MILLRACE_PARTITIONS: '1' },
  });
});

afterAll(async () => {
  await system?.stop();
});

async function changeTo(partitions: number): Promise<{ readonly partitions: number; readonly state: string }> {
  const answer = await fetch(`${system.operator.url}/v1/partitions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ partitions }),
  });
  expect(answer.status).toBe(200);
  return (await answer.json()) as { partitions: number; state: string };
}

const countOpen = async () => (await system.unfinished()).backlog;

describe('one partition that becomes 16 under load, while consumers are killed', () => {
  it(
    'loses no event, has no second effect, and keeps the order of each key',
    async () => {
      const keys = Array.from({ length: KEYS }, (_, key) => `key-${key}`);
      await system.setFaults('azure', [{ tool: 'ticket.open', kind: 'delay', delayMs: 5 }]);
      let posted = 0;
      let hasChanged = false;
      const partitions = new Set<string>();
      const posting = Promise.all(
        keys.map(async (partitionkey) => {
          const own: string[] = [];
          while (own.length < EACH || !hasChanged) {
            const id = `${partitionkey}.${own.length}`;
            const { status, body } = await system.post({ type: 'com.test.step', id, partitionkey, data: {} });
            expect(status).toBe(202);
            own.push(id);
            posted += 1;
            if (hasChanged) partitions.add(body.ref.split('-')[0] ?? '');
          }
          return [partitionkey, own] as const;
        }),
      );
      await waitUntil(() => posted >= KEYS, 'each key has an event in the one partition');
      const beganAt = performance.now();
      expect(await changeTo(PARTITIONS)).toMatchObject({ partitions: PARTITIONS, state: 'draining' });
      console.info(`16 partitions after ${Math.round(performance.now() - beganAt)} ms, with ${posted} events posted`);
      hasChanged = true;
      for (let kill = 0; kill < KILLS; kill += 1) {
        const victim = system.consumers.shift();
        await waitUntil(
          async () => (await system.heldBy(victim?.pid ?? 0)) > 0 || (await countOpen()) === 0,
          'the victim holds something',
        );
        await victim?.kill();
        await system.startConsumer();
      }
      const accepted = await posting;
      await waitUntil(async () => (await countOpen()) === 0, 'nothing is open');
      const effects = await system.firstEffects('azure');
      for (const [key, own] of accepted) expect(effects.filter((id) => id.startsWith(`${key}.`))).toEqual(own);
      const witnessed = await system.witnessed('azure');
      expect([...witnessed.values()].filter((count) => count.effects !== 1)).toEqual([]);
      expect(witnessed.size).toBe(posted);
      expect(partitions.size).toBeGreaterThan(1);
      const repeat = await system.post({ type: 'com.test.step', id: 'key-0.0', partitionkey: 'key-0', data: {} });
      expect(repeat.body).toMatchObject({ duplicate: true });
      expect(repeat.body.ref.startsWith('0-')).toBe(true);
      expect((await system.record(repeat.body.ref)).state).toBe('done');
    },
    LIMIT_MS,
  );
});
