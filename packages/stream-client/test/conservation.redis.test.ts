import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Event, identityOf } from '@millrace/events';
import { createGroup, readRecord, sampleStream } from '@millrace/stream-client';
import fc from 'fast-check';
import {
  CONSUMERS,
  closeSources,
  finishEverything,
  openSources,
  routesOf,
  steps,
  type World,
} from './conservation-steps.js';
import { setStage, stream } from './stage.js';

afterAll(closeSources);
// Trimming goes by whole nodes: with one entry a node, every entry counts.
setStage(['--appendfsync', 'no', '--hz', '500', '--stream-node-max-entries', '1'], { durability: 'memory' });

const FINAL = ['done', 'dead', 'expired'];

beforeAll(openSources);

async function expectOpenWorkToStay(world: World): Promise<void> {
  for (const [ref, event] of world.accepted) {
    const record = await readRecord(stream, ref);
    const isOpen = record?.deliveries.some(({ state }) => !FINAL.includes(state)) ?? false;
    if (!isOpen) continue;
    expect(record).toMatchObject({ state: 'open' });
    for (const key of keysOf(ref, event)) expect(await stream.redis.pttl(key)).toBe(-1);
  }
}

function keysOf(ref: string, event: Event): [record: string, identity: string] {
  return [stream.keys.record(ref), stream.keys.identity(identityOf(event))];
}

async function expectConservation(world: World): Promise<void> {
  expect(await sampleStream(stream)).toMatchObject({ backlog: 0, pending: 0, retrying: 0, parked: 0 });
  const letters = new Set(await stream.redis.zrange(stream.keys.dead, '0', '-1'));
  const dead = new Set<string>();
  for (const [ref, event] of world.accepted) {
    const diedOn = await expectFinalState(ref, event);
    for (const route of diedOn) if (!world.discarded.has(`${ref} ${route}`)) dead.add(`${ref} ${route}`);
    const isKept = diedOn.some((route) => letters.has(`${ref} ${route}`));
    for (const key of keysOf(ref, event)) {
      expect((await stream.redis.pttl(key)) > 0).toBe(!isKept);
    }
  }
  expect(letters).toEqual(dead);
  await expectNoOtherKeys(world.accepted.size);
}

/** Resolves with the routes along which the event is dead. */
async function expectFinalState(ref: string, event: Event): Promise<string[]> {
  const record = await readRecord(stream, ref);
  const deliveries = record?.deliveries ?? [];
  const diedOn = deliveries.flatMap(({ route, state }) => (state === 'dead' ? [route] : []));
  const hasExpired = deliveries.some(({ state }) => state === 'expired');
  const state = diedOn.length > 0 ? 'dead' : hasExpired ? 'expired' : 'done';
  expect(record).toMatchObject({ state, finishedAt: expect.any(Date) });
  expect(deliveries.map(({ route }) => route).sort()).toEqual(routesOf(event.id));
  expect(deliveries.filter((delivery) => !FINAL.includes(delivery.state))).toEqual([]);
  return diedOn;
}

async function expectNoOtherKeys(events: number): Promise<void> {
  const names = await stream.redis.keys('*');
  const own = names.filter((name) => !/:(record|identity):/.test(name));
  const { keys } = stream;
  expect(own.filter((name) => ![keys.events, keys.counters, keys.dead].includes(name))).toEqual([]);
  expect(names.length - own.length).toBe(2 * events);
  expect(Number((await stream.redis.hget(keys.counters, 'seq')) ?? 0)).toBe(events);
}

describe('whatever three consumers do, and in whatever order', () => {
  it('every accepted event comes to a final state once, and counters, indexes and lifetimes agree with the records', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(steps, { minLength: 20, maxLength: 80, size: 'max' }), async (plan) => {
        await stream.redis.flushall();
        await createGroup(stream);
        const world: World = {
          holdings: new Map(CONSUMERS.map((consumer) => [consumer, []])),
          cursors: new Map(),
          accepted: new Map(),
          discarded: new Set(),
        };
        for (const happens of plan) {
          await happens(world);
          expect(await sampleStream(stream)).toMatchObject({ unaccounted: 0, trimmedUnread: 0 });
        }
        await expectOpenWorkToStay(world);
        await finishEverything(world);
        await expectConservation(world);
      }),
      { numRuns: 120, interruptAfterTimeLimit: 15_000 },
    );
  });
});
