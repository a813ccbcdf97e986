import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { waitUntil } from '@millrace/testing';
import type { Posted } from '../system/answers.js';
import { SHORT_TIMES, System } from '../system/system.js';

/** Enough for every kill to hit work in flight; `npm run test:full` posts 10,000 and kills ten times. */
const IS_FULL = process.env.MILLRACE_TEST_FULL !== undefined;
const EVENTS = IS_FULL ? 10_000 : 1_200;
const KILLS = IS_FULL ? 10 : 5;
const CONNECTIONS = 64;

let system: System;

beforeAll(async () => {
  system = await System.start(3, { env: SHORT_TIMES });
});

afterAll(() => system.stop());

/** Posts events over many connections at once. `onPosted` is told how many have been answered. */
async function postAll(
  ids: readonly string[],
  onPosted: (count: number) => void = () => {},
): Promise<Map<string, string>> {
  const accepted = new Map<string, string>();
  let next = 0;
  const sender = async () => {
    for (let id = ids[next++]; id !== undefined; id = ids[next++]) {
      const { status, body }: Posted = await system.post({
        type: 'com.shop.order.charged',
        id,
        data: { orderId: id, total: 10, chargeId: 'ch' },
      });
      if (status === 202) accepted.set(id, body.ref);
      onPosted(accepted.size);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, sender));
  return accepted;
}

async function expectAllDone(accepted: ReadonlyMap<string, string>): Promise<void> {
  const states = new Map<string, number>();
  const refs = [...accepted.values()];
  const reader = async () => {
    for (let ref = refs.pop(); ref !== undefined; ref = refs.pop()) {
      const { state, routes } = await system.record(ref);
      const word = [state, ...routes.flatMap(({ reason, error }) => (reason ? [reason, error?.code] : []))].join(' ');
      states.set(word, (states.get(word) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, reader));
  expect(Object.fromEntries(states)).toEqual({ done: accepted.size });
}

describe('kill -9 of a consumer', () => {
  it('at any moment loses no accepted event: every one is done and its tool was called', async () => {
    const share = Math.ceil(EVENTS / KILLS);
    const accepted = new Map<string, string>();
    let killedHolding = 0;
    // Slow enough that work is in flight when a consumer is killed.
    await system.setFaults('aws', [{ tool: 'notify.email', kind: 'delay', delayMs: 20 }]);
    for (let kill = 0; kill < KILLS; kill += 1) {
      const posting = postAll(Array.from({ length: share }, (_, i) => `k-${kill}-${i}`));
      const victim = system.consumers.shift();
      const pid = victim?.pid ?? 0;
      await waitUntil(async () => (await system.heldBy(pid)) > 0, 'the victim holds entries');
      await victim?.kill();
      if ((await system.heldBy(pid)) > 0) killedHolding += 1;
      const [own] = await Promise.all([posting, system.startConsumer()]);
      for (const [id, ref] of own) accepted.set(id, ref);
    }
    expect(accepted.size).toBe(share * KILLS);
    await system.untilIdle();
    expect(killedHolding).toBeGreaterThanOrEqual(KILLS - 2);
    await expectAllDone(accepted);
    const witnessed = await system.witnessed('aws');
    expect([...accepted.keys()].filter((id) => (witnessed.get(id)?.effects ?? 0) < 1)).toEqual([]);
    expect(await system.deadLetters()).toBe(0);
  });
});

describe('a mock cloud that restarts in the middle of a load', () => {
  it('costs no event: no dead letters and no call that is stuck', async () => {
    const ids = Array.from({ length: 600 }, (_, i) => `r-${i}`);
    let posted = 0;
    const posting = postAll(ids, (count) => {
      posted = count;
    });
    await waitUntil(() => posted >= 150, 'the load is under way');
    await system.clouds.get('aws')?.kill();
    await waitUntil(() => posted >= 450, 'events come in while the cloud is away');
    await system.startCloud('aws');
    const accepted = await posting;
    await system.untilIdle();
    await expectAllDone(accepted);
    expect(await system.deadLetters()).toBe(0);
  });
});
