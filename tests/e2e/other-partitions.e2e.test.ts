import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { waitUntil } from '@millrace/testing';
import { listKeys } from '../system/redis-facts.js';
import type { System } from '../system/system.js';
import { keyIn, killAtWork, numbers, startFourPartitions } from './four-partitions.js';

const ROUTES = `
routes:
  - id: begin
    on: { type: com.test.begun }
    call: { server: aws, tool: notify.email }
    with: '{ "eventId": id, "to": "someone@shop.example", "subject": "step" }'
    ordered: partitionkey
    retry: { attempts: 20, initial: 50ms, max: 500ms }
    emit: { type: com.test.followed, partitionkey: data.customer, data: '{ "eventId": data.name }' }
  - id: follow
    on: { type: com.test.followed }
    call: { server: azure, tool: ticket.open }
    with: '{ "eventId": data.eventId, "title": "step", "severity": "low" }'
    delivery: effectively-once
    idempotency: key
    ordered: partitionkey
    retry: { attempts: 20, initial: 50ms, max: 500ms }
`;
const isFull = process.env.MILLRACE_TEST_FULL !== undefined;
/** From how many sessions for how many customers, and how many events of each at least. */
const [SESSIONS, CUSTOMERS, EACH, KILLS] = isFull ? [16, 16, 20, 8] : [6, 4, 3, 2];
const MOST_EACH = 400;
const LIMIT_MS = isFull ? 600_000 : 300_000;

let system: System;

beforeAll(async () => {
  system = await startFourPartitions(ROUTES);
});

afterAll(async () => {
  await system?.stop();
});

/** Posts events until all victims are dead, each under the key of its session, and kills consumers that are at work. */
async function postWhileKilling(toEvent: (session: number, customer: number, nth: number) => object): Promise<number> {
  let isKilling = true;
  let posted = 0;
  const posting = Promise.all(
    numbers(SESSIONS).map(async (session) => {
      for (let nth = 0; nth < EACH || (isKilling && nth < MOST_EACH); nth += 1) {
        for (const customer of numbers(CUSTOMERS)) {
          const { status } = await system.post(toEvent(session, customer, nth));
          expect(status).toBe(202);
          posted += 1;
        }
        if (nth < EACH) continue;
        await sleep(250);
        await system.untilFewOpen(() => !isKilling);
      }
    }),
  );
  await killAtWork(system, KILLS);
  isKilling = false;
  await posting;
  return posted;
}

/** Of each session and customer the numbers of the events, in the order of their first effects. */
function inOrderOf(ids: readonly string[]): Map<string, number[]> {
  const found = new Map<string, number[]>();
  for (const id of ids) {
    const [, of = '', nth = ''] = /^(.+)\.(\d+)$/.exec(id) ?? [];
    found.set(of, [...(found.get(of) ?? []), Number(nth)]);
  }
  return found;
}

function expectAllInOrder(ids: readonly string[], posted: number): void {
  expect(ids).toHaveLength(posted);
  for (const [of, order] of inOrderOf(ids)) expect([of, order]).toEqual([of, numbers(order.length)]);
}

describe('follow-ups whose keys belong in other partitions, while consumers are killed', () => {
  it(
    'are neither lost nor doubled, and come to each key in the order in which their causes were done',
    async () => {
      await system.setFaults('aws', [{ tool: 'notify.email', kind: 'delay', delayMs: 5 }]);
      const name = (session: number, customer: number, nth: number) => `follow-${session}-${customer}.${nth}`;
      const posted = await postWhileKilling((session, customer, nth) => ({
        type: 'com.test.begun',
        partitionkey: `session-${session}`,
        data: { customer: `customer-${customer}`, name: name(session, customer, nth) },
      }));
      const beganAt = performance.now();
      await waitUntil(async () => (await system.unfinished()).backlog === 0, 'nothing is open');
      console.info(
        `${posted} events, all done ${Math.round(performance.now() - beganAt)} ms after the last was posted`,
      );
      const own = (ids: readonly string[]) => ids.filter((id) => id.startsWith('follow-'));
      expectAllInOrder(own(await system.firstEffects('azure')), posted);
      const witnessed = await system.witnessed('azure');
      expect([...witnessed.values()].filter(({ effects }) => effects !== 1)).toEqual([]);
      expect(await listKeys(system.facts, '*:outbox')).toEqual([]);
    },
    LIMIT_MS,
  );

  it('are found from their causes, and their causes from them', async () => {
    const data = { customer: keyIn(1), name: 'found.0' };
    const { body } = await system.post({ type: 'com.test.begun', partitionkey: keyIn(0), data });
    const cause = await waitUntil(async () => {
      const record = await system.record(body.ref);
      return (record.routes[0]?.followUps.length ?? 0) > 0 && record;
    }, 'the follow-up has arrived');
    const [followUp = ''] = cause.routes[0]?.followUps ?? [];
    expect([body.ref, followUp].map((ref) => ref.split('-')[0])).toEqual(['0', '1']);
    await system.untilState(followUp, 'done');
    const answer = await fetch(`${system.operator.url}/v1/events/${followUp}`);
    expect(await answer.json()).toMatchObject({ causedBy: { ref: body.ref, type: 'com.test.begun' } });
  });
});
