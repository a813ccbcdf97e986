import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { waitUntil } from '@millrace/testing';
import { SHORT_TIMES, System } from '../system/system.js';

const STEP = 'with: \'{ "eventId": id, "to": "someone@shop.example", "subject": "step" }\'';
const ROUTES = `
routes:
  - id: free
    on: { type: com.test.free }
    call: { server: gcp, tool: label.print }
    with: '{ "eventId": id, "orderId": id }'
  - id: loose
    on: { type: com.test.loose }
    call: { server: aws, tool: notify.email }
    ${STEP}
    retry: { attempts: 100, initial: 1s, max: 10s }
  - id: in-order
    on: { type: com.test.step }
    call: { server: aws, tool: notify.email }
    ${STEP}
    ordered: partitionkey
    retry: { attempts: 100, initial: 1s, max: 10s }
`;
/** What a round is made of: events of the route that is measured, and of the keys beside it. In all 20,000 of each at full length. */
const isFull = process.env.MILLRACE_TEST_FULL !== undefined;
const [FREE, KEYS, EACH, ROUNDS] = isFull ? [5_000, 64, 78, 4] : [200, 8, 4, 1];
const DRAIN_LIMIT_MS = isFull ? 600_000 : 120_000;
const POSTING_AT_ONCE = 64;

let system: System;

beforeAll(async () => {
  system = await System.start(0, { config: { 'routes.yaml': ROUTES }, env: SHORT_TIMES });
  await system.setFaults('aws', [{ tool: 'notify.email', kind: 'error', eventIdPrefix: 'blocked' }]);
});

afterAll(async () => {
  await system.stop();
});

type Beside = 'nothing' | 'com.test.loose' | 'com.test.step';

/** Events of a round, those beside spread among those that are measured. */
function eventsOf(round: string, beside: Beside) {
  const free = Array.from({ length: FREE }, (_, nth) => ({ type: 'com.test.free', id: `${round}.${nth}`, data: {} }));
  if (beside === 'nothing') return free;
  const steps = Array.from({ length: KEYS * EACH }, (_, nth) => {
    const [key, step] = [nth % KEYS, Math.floor(nth / KEYS)];
    // Of those without an order each would be tried again, and not the first alone.
    const isBlocked = key === 0 && beside === 'com.test.step';
    const partitionkey = isBlocked ? `blocked-${round}` : `key-${key}-${round}`;
    return { type: beside, id: `${partitionkey}.${step}`, partitionkey, data: {} };
  });
  const every = FREE / steps.length;
  return free.flatMap((event, at) => {
    const due = steps.slice(Math.floor(at / every), Math.floor((at + 1) / every));
    return [...due, event];
  });
}

async function postAll(events: readonly unknown[]): Promise<void> {
  const left = [...events];
  await Promise.all(
    Array.from({ length: POSTING_AT_ONCE }, async () => {
      for (let event = left.shift(); event !== undefined; event = left.shift())
        expect((await system.post(event)).status).toBe(202);
    }),
  );
}

/** Events of the measured route per second: all of a round wait when two consumers are started. */
async function measure(round: string, beside: Beside): Promise<number> {
  await postAll(eventsOf(round, beside));
  const before = (await system.witnessed('gcp')).size;
  const consumers = await Promise.all([system.startConsumer(), system.startConsumer()]);
  const isFirst = async () => (await system.witnessed('gcp')).size > before;
  await waitUntil(isFirst, 'the first is done');
  const beganAt = performance.now();
  await waitUntil(async () => (await system.witnessed('gcp')).size >= before + FREE, 'all are done', DRAIN_LIMIT_MS);
  const seconds = (performance.now() - beganAt) / 1_000;
  if (beside !== 'nothing') {
    const wanted = (beside === 'com.test.step' ? KEYS - 1 : KEYS) * EACH;
    const isThrough = async () =>
      [...(await system.witnessed('aws')).keys()].filter((id) => id.startsWith('key-') && id.includes(`-${round}.`))
        .length === wanted;
    await waitUntil(isThrough, 'every key but the blocked one is through', DRAIN_LIMIT_MS);
  }
  for (const consumer of consumers) await consumer.stop();
  return FREE / seconds;
}

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

describe('a route without an order', () => {
  it(
    'goes on beside keys in order of which one is blocked, and those go on beside that one',
    async () => {
      const rates: Record<Beside, number[]> = { nothing: [], 'com.test.loose': [], 'com.test.step': [] };
      for (let round = 0; round < ROUNDS; round += 1)
        for (const beside of ['nothing', 'com.test.loose', 'com.test.step'] as const)
          rates[beside].push(await measure(`${round}-${beside.split('.').at(-1)}`, beside));
      const [alone, loose, ordered] = [rates.nothing, rates['com.test.loose'], rates['com.test.step']].map(median);
      const ratio = ((ordered ?? 0) / (loose ?? 1)).toFixed(2);
      console.info(
        `events/s without an order: ${alone?.toFixed()} alone, ${loose?.toFixed()} beside as many of ${KEYS} keys without an order, ${ordered?.toFixed()} beside those in order, one key blocked: ${ratio} of it`,
      );
      expect(await system.deadLetters()).toBe(0);
    },
    isFull ? 1_800_000 : 300_000,
  );
});
