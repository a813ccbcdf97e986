import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { waitUntil } from '@millrace/testing';
import { listKeys } from '../system/redis-facts.js';
import { SHORT_TIMES, System } from '../system/system.js';

/** What each tool is called for is in order by something that says nothing about where events are accepted. */
const routeOf = (id: string, call: string, rest: string, by: string) => `
  - id: ${id}
    on: { type: com.test.step }
    call: { ${call} }
    with: '{ "eventId": id, ${rest} }'
    delivery: effectively-once
    idempotency: key
    ordered: ${by}
    retry: { attempts: 20, initial: 50ms, max: 500ms }`;
const ROUTES = `routes:
${routeOf('by-subject', 'server: azure, tool: ticket.open', '"title": "step", "severity": "low"', 'subject')}
${routeOf('by-customer', 'server: aws, tool: audit.write', '"action": "step"', 'data.customer')}
`;
const isFull = process.env.MILLRACE_TEST_FULL !== undefined;
/** From how many senders for how many keys, how many events of each at least, and how many consumers are killed. */
const [SENDERS, KEYS, EACH, KILLS] = isFull ? [16, 16, 30, 8] : [6, 6, 3, 2];
const MOST_EACH = 200;
const PARTITIONS = 4;
const LIMIT_MS = isFull ? 600_000 : 300_000;

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

const numbers = (count: number) => Array.from({ length: count }, (_, at) => at);

async function changeTo(partitions: number): Promise<void> {
  const answer = await fetch(`${system.operator.url}/v1/partitions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ partitions }),
  });
  expect([answer.status, await answer.json()]).toMatchObject([200, { partitions, state: 'draining' }]);
}

/** Posts from every sender for every key in turn, each event after the answer to the one before. Resolves with where they were accepted. */
async function postAll(isOver: () => boolean, onPosted: () => void): Promise<Map<string, string>> {
  const refs = new Map<string, string>();
  const send = async (sender: number, key: number, nth: number) => {
    const id = `${sender}-${key}.${nth}`;
    const data = { customer: `customer-${key}` };
    const event = { type: 'com.test.step', id, subject: `order-${key}`, partitionkey: `sender-${sender}`, data };
    const { status, body } = await system.post(event);
    expect(status).toBe(202);
    refs.set(id, body.ref);
    onPosted();
  };
  await Promise.all(
    numbers(SENDERS).map(async (sender) => {
      for (let nth = 0; nth < EACH || (!isOver() && nth < MOST_EACH); nth += 1) {
        for (const key of numbers(KEYS)) await send(sender, key, nth);
        if (nth < EACH) continue;
        await sleep(400);
        await system.untilFewOpen(isOver);
      }
    }),
  );
  return refs;
}

/** Of each sender and key the numbers of the events, in the order of their first effects. */
function inOrderOf(effects: readonly string[]): Map<string, number[]> {
  const found = new Map<string, number[]>();
  for (const effect of effects) {
    const [, of = '', nth = ''] = /^(.+)\.(\d+)$/.exec(effect) ?? [];
    found.set(of, [...(found.get(of) ?? []), Number(nth)]);
  }
  return found;
}

describe('routes in order by a subject and by a value of the data, while one partition becomes four and consumers are killed', () => {
  it(
    'have what each sender has for a key at the tool in the order in which it was accepted, none lost and none twice',
    async () => {
      for (const [server, tool] of [
        ['azure', 'ticket.open'],
        ['aws', 'audit.write'],
      ] as const) {
        const failures = numbers(3).map(
          (key) => ({ tool, kind: 'error', eventIdPrefix: `1-${key}.1`, times: 2 }) as const,
        );
        // Long enough that at nearly any moment a victim holds something.
        await system.setFaults(server, [...failures, { tool, kind: 'delay', delayMs: 30 }]);
      }
      let isOver = false;
      let posted = 0;
      const posting = postAll(
        () => isOver,
        () => {
          posted += 1;
        },
      );
      await waitUntil(() => posted >= SENDERS * KEYS, 'each sender has posted for each key');
      const beganAt = performance.now();
      await changeTo(PARTITIONS);
      console.info(`4 partitions after ${Math.round(performance.now() - beganAt)} ms, with ${posted} events posted`);
      for (let kill = 0; kill < KILLS; kill += 1) {
        const victim = system.consumers.shift();
        await waitUntil(async () => (await system.heldBy(victim?.pid ?? 0)) > 0, 'the victim holds something');
        await victim?.kill();
        await system.startConsumer();
      }
      isOver = true;
      const refs = await posting;
      const endedAt = performance.now();
      await system.untilIdle(LIMIT_MS / 2);
      console.info(`${refs.size} events, all done ${Math.round(performance.now() - endedAt)} ms after the last`);
      expect(new Set([...refs.values()].map((ref) => ref.split('-')[0])).size).toBeGreaterThan(1);
      for (const server of ['azure', 'aws'] as const) {
        const effects = await system.firstEffects(server);
        expect(new Set(effects)).toEqual(new Set(refs.keys()));
        for (const [of, order] of inOrderOf(effects))
          expect([server, of, order]).toEqual([server, of, numbers(order.length)]);
        const witnessed = await system.witnessed(server);
        expect([...witnessed.values()].filter((seen) => seen.effects !== 1)).toEqual([]);
      }
      expect(await system.deadLetters()).toBe(0);
      for (const left of ['*:outbox', '*:lane:*']) expect(await listKeys(system.facts, left)).toEqual([]);
    },
    LIMIT_MS,
  );
});
