import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { compareEntryIds } from '@millrace/stream-client';
import { listKeys } from '../system/redis-facts.js';
import type { System } from '../system/system.js';
import { homeOf, keyIn, killAtWork, numbers, PARTITIONS, startFourPartitions } from './four-partitions.js';

const ROUTES = `
routes:
  - id: by-subject
    on: { type: com.test.step }
    call: { server: azure, tool: ticket.open }
    with: '{ "eventId": id, "title": "step", "severity": "low" }'
    delivery: effectively-once
    idempotency: key
    ordered: subject
    retry: { attempts: 20, initial: 50ms, max: 500ms }
`;
const isFull = process.env.MILLRACE_TEST_FULL !== undefined;
const SUBJECTS = 16;
/** From how many senders, how many events for each subject at least, and how many consumers are killed. */
const [SENDERS, EACH, KILLS] = isFull ? [12, 20, 8] : [4, 3, 2];
const MOST_EACH = 200;
const LIMIT_MS = isFull ? 600_000 : 300_000;

let system: System;

beforeAll(async () => {
  system = await startFourPartitions(ROUTES);
});

afterAll(async () => {
  await system?.stop();
});

const subjectOf = (subject: number) => `order-${subject}`;

interface Accepted {
  readonly id: string;
  readonly ref: string;
  readonly subject: number;
}

/** One sender has no partition key: its events are wherever their ids lead. */
const keyOf = (sender: number) => (sender === 0 ? {} : { partitionkey: `sender-${sender}` });

/** Posts for all subjects in turn, from several senders at once, until `isOver`; each event after the answer to the one before. */
async function postAll(isOver: () => boolean): Promise<readonly Accepted[]> {
  const accepted: Accepted[] = [];
  await Promise.all(
    numbers(SENDERS).map(async (sender) => {
      for (let nth = 0; nth < EACH || (!isOver() && nth < MOST_EACH); nth += 1) {
        for (const subject of numbers(SUBJECTS)) {
          const id = `${sender}-${subject}.${nth}`;
          const event = { type: 'com.test.step', id, subject: subjectOf(subject), ...keyOf(sender), data: {} };
          const { status, body } = await system.post(event);
          expect(status).toBe(202);
          accepted.push({ id, ref: body.ref, subject });
        }
        if (nth < EACH) continue;
        await sleep(500);
        await system.untilFewOpen(isOver);
      }
    }),
  );
  return accepted;
}

/** The events of a subject that one partition accepted, in the order in which it did. */
function acceptedIn(accepted: readonly Accepted[], partition: number, subject: number): readonly string[] {
  const own = accepted.filter((one) => one.subject === subject && one.ref.startsWith(`${partition}-`));
  const entryOf = ({ ref }: Accepted) => ref.slice(ref.indexOf('-') + 1);
  return own.sort((a, b) => compareEntryIds(entryOf(a), entryOf(b))).map(({ id }) => id);
}

describe('a route that is ordered by the subject over four partitions, while consumers are killed and calls fail', () => {
  it(
    'has the events of a subject at the tool in the order in which each partition accepted them, none lost and none twice',
    async () => {
      const failures = numbers(4).map(
        (subject) => ({ tool: 'ticket.open', kind: 'error', eventIdPrefix: `1-${subject}.1`, times: 2 }) as const,
      );
      await system.setFaults('azure', [...failures, { tool: 'ticket.open', kind: 'delay', delayMs: 5 }]);
      let isOver = false;
      const posting = postAll(() => isOver);
      await killAtWork(system, KILLS);
      isOver = true;
      const accepted = await posting;
      const beganAt = performance.now();
      await system.untilIdle(LIMIT_MS / 2);
      console.info(
        `${accepted.length} events, all done ${Math.round(performance.now() - beganAt)} ms after the last was posted`,
      );
      const effects = await system.firstEffects('azure');
      expect(new Set(effects)).toEqual(new Set(accepted.map(({ id }) => id)));
      for (const partition of numbers(PARTITIONS))
        for (const subject of numbers(SUBJECTS)) {
          const inOrder = acceptedIn(accepted, partition, subject);
          const own = new Set(inOrder);
          expect(effects.filter((id) => own.has(id))).toEqual(inOrder);
        }
      const witnessed = await system.witnessed('azure');
      expect([...witnessed.values()].filter((seen) => seen.effects !== 1)).toEqual([]);
      expect(await system.deadLetters()).toBe(0);
      for (const { ref, subject } of accepted.filter(({ id }) => id.startsWith('1-'))) {
        const { state, routes } = await system.record(ref);
        const [{ movedTo = ref } = {}] = routes;
        expect([state, movedTo.split('-')[0]]).toEqual(['done', String(homeOf(subjectOf(subject)))]);
      }
      for (const left of ['*:outbox', '*:lane:*']) expect(await listKeys(system.facts, left)).toEqual([]);
    },
    LIMIT_MS,
  );

  it('is told by the record of the event: what became of a delivery elsewhere, and its ref there', async () => {
    const [partitionkey, subject] = [keyIn(0), keyIn(1)];
    const { body } = await system.post({ type: 'com.test.step', id: 'told', subject, partitionkey, data: {} });
    const { routes } = await system.untilState(body.ref, 'done');
    expect([body.ref.startsWith('0-'), routes]).toMatchObject([
      true,
      [{ id: 'by-subject', state: 'done', attempts: 1, movedTo: expect.stringMatching(/^1-/) }],
    ]);
    const [{ movedTo = '' } = {}] = routes;
    expect(await system.record(movedTo)).toMatchObject({
      state: 'done',
      event: { id: 'told', millracefrom: body.ref },
    });
    const answer = await fetch(`${system.operator.url}/v1/events/${movedTo}`);
    expect(await answer.json()).toMatchObject({ causedBy: { ref: body.ref } });
    const found = await fetch(`${system.operator.url}/v1/events?state=moved&id=told`);
    expect(await found.json()).toMatchObject({ items: [{ ref: body.ref, routes: [{ state: 'moved' }] }] });
  });

  it('is what a caller who waits for the outcome is answered', async () => {
    const [partitionkey, subject] = [keyIn(2), keyIn(3)];
    const answer = await fetch(`${system.producerUrl}/v1/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', prefer: 'wait=30' },
      body: JSON.stringify({ type: 'com.test.step', id: 'waited-for', subject, partitionkey, data: {} }),
    });
    expect([answer.status, await answer.json()]).toMatchObject([
      200,
      { state: 'done', routes: [{ state: 'done', movedTo: expect.stringMatching(/^3-/) }] },
    ]);
  });
});
