import { describe, expect, it } from '@jest/globals';
import { sleep } from '@millrace/core';
import {
  claimIdle,
  FIRST_CURSOR,
  GROUP,
  listConsumers,
  listDeadLetters,
  openBlockingSource,
  readRecord,
  redriveDeadLetter,
  sampleStream,
} from '@millrace/stream-client';
import { waitUntil } from '@millrace/testing';
import { SCORE } from './score-route.js';
import { server, setStage, start, stream } from './stage.js';
import { anEvent, ok, post, ScriptedTools, startConsuming, untilAborted, untilState } from './start-consuming.js';

setStage();

describe('a consumer that dies', () => {
  /** Reads as a consumer that goes silent without a word. */
  async function readAndDie(count: number): Promise<void> {
    const source = await openBlockingSource(stream, 'dead', 50);
    const entries = await source.read(count);
    expect(entries).toHaveLength(count);
    await source.close();
  }

  it('has its entries claimed and delivered by another', async () => {
    const refs = [await post(stream, anEvent('a')), await post(stream, anEvent('b'))];
    await readAndDie(2);
    const tools = new ScriptedTools(() => ok());
    await start(stream, SCORE, tools, { claimIdleMs: 600 });
    for (const ref of refs) expect((await untilState(stream, ref, 'done')).deliveries).toMatchObject([{ starts: 2 }]);
    expect(tools.calls).toHaveLength(2);
  });

  it('is survived by its entries, but an entry that kills every consumer becomes a dead letter', async () => {
    const ref = await post(stream, anEvent('a'));
    await readAndDie(1);
    for (let start = 2; start <= 3; start += 1)
      await claimIdle(stream, 'dead', { minIdleMs: 0, cursor: FIRST_CURSOR, maxCount: 1 });
    const tools = new ScriptedTools(() => ok());
    await start(stream, SCORE, tools, { maxStarts: 3, claimIdleMs: 600 });
    const record = await untilState(stream, ref, 'dead');
    expect(record.deliveries).toMatchObject([{ reason: 'starts-exhausted', starts: 4 }]);
    expect(tools.calls).toEqual([]);
  });
});

/** Ages what is pending, as if it had not been renewed for so long. */
async function letIdle(ms: number): Promise<void> {
  for (const [id, consumer] of await pendingEntries())
    await stream.redis.xclaim(stream.keys.events, GROUP, consumer, 0, id, 'IDLE', ms, 'JUSTID');
}

const idleTimes = async () => (await pendingEntries()).map(([, , idleMs]) => idleMs);

function pendingEntries() {
  const found: Promise<unknown> = stream.redis.xpending(stream.keys.events, GROUP, '-', '+', 10);
  return found as Promise<readonly [id: string, consumer: string, idleMs: number][]>;
}

describe('leases', () => {
  it('keep a call that is longer than the claim time from being started twice', async () => {
    let answer = () => {};
    const answered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const tools = new ScriptedTools(() => answered.then(() => ok()));
    const options = { claimIdleMs: 60_000, heartbeatMs: 50 };
    await start(stream, SCORE, tools, options);
    const other = await start(stream, SCORE, tools, options);
    const ref = await post(stream, anEvent('long'));
    await waitUntil(() => tools.calls.length === 1, 'the call is under way');
    // Three times most of the claim time passes.
    for (let passed = 0; passed < 3; passed += 1) {
      await letIdle(40_000);
      await waitUntil(async () => (await idleTimes()).every((ms) => ms < 40_000), 'its lease is renewed');
    }
    expect((await readRecord(stream, ref))?.deliveries).toMatchObject([{ route: 'score', state: 'running' }]);
    answer();
    expect((await untilState(stream, ref, 'done')).deliveries).toMatchObject([{ starts: 1 }]);
    expect(tools.calls).toHaveLength(1);
    expect((await other.metrics.redeliveries.get()).values[0]?.value).toBe(0);
  });

  it('end the handler when another consumer has claimed its entry', async () => {
    const tools = new ScriptedTools((_call, nth, signal) => (nth === 1 ? untilAborted(signal) : ok()));
    const first = await start(stream, SCORE, tools);
    const ref = await post(stream, anEvent('stolen'));
    await waitUntil(() => tools.calls.length === 1, 'the call is under way');
    const { entries } = await claimIdle(stream, 'thief', { minIdleMs: 0, cursor: FIRST_CURSOR, maxCount: 1 });
    expect(entries).toHaveLength(1);
    await waitUntil(async () => (await first.metrics.inflight.get()).values[0]?.value === 0, 'the handler has ended');
    expect((await readRecord(stream, ref))?.state).toBe('open');
    expect((await listConsumers(stream)).find(({ name }) => name === 'thief')?.pending).toBe(1);
  });
});

describe('stop', () => {
  it('lets calls under way end, and reads no more', async () => {
    let answer = () => {};
    const answered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const tools = new ScriptedTools(() => answered.then(() => ok()));
    const consumer = await startConsuming(stream, SCORE, tools);
    const ref = await post(stream, anEvent('a'));
    await waitUntil(() => tools.calls.length === 1, 'the call is under way');
    const stopped = consumer.stop();
    // What a read that is still waiting is given would be handled too.
    await waitUntil(
      async () => /^blocked_clients:0\r?$/m.test(await stream.redis.info('clients')),
      'the read has ended',
    );
    const later = await post(stream, anEvent('b'));
    answer();
    await stopped;
    expect((await readRecord(stream, ref))?.state).toBe('done');
    expect((await readRecord(stream, later))?.state).toBe('open');
    expect(tools.calls).toHaveLength(1);
  });

  it('gives back what is not done in time, and another consumer goes on at once', async () => {
    const stuck = new ScriptedTools((_call, _nth, signal) => untilAborted(signal));
    const consumer = await startConsuming(stream, SCORE, stuck, { drainMs: 10, claimIdleMs: 3_600_000 });
    const ref = await post(stream, anEvent('a'));
    await waitUntil(() => stuck.calls.length === 1, 'the call is under way');
    await consumer.stop();
    await start(stream, SCORE, new ScriptedTools(() => ok()), { claimIdleMs: 3_600_000 });
    expect((await untilState(stream, ref, 'done')).deliveries).toMatchObject([{ attempts: 1 }]);
  });
});

describe('entries that make no sense', () => {
  it('become dead letters as they are, and the loop goes on', async () => {
    const id = await stream.redis.xadd(stream.keys.events, '*', 'hello', 'world');
    await stream.redis.xadd(stream.keys.events, '*', 'format', '1', 'event', '{"id":1}');
    await start(stream, SCORE, new ScriptedTools(() => ok()));
    await untilState(stream, await post(stream, anEvent('good')), 'done');
    const letters = await waitUntil(async () => {
      const page = await listDeadLetters(stream, { limit: 10 });
      return page?.items.length === 2 && page.items;
    }, 'both are dead letters');
    expect(letters.map(({ delivery }) => delivery.reason)).toEqual(['entry-malformed', 'entry-malformed']);
    expect(await redriveDeadLetter(stream, `0-${id}.-`)).toBe('not-redrivable');
    expect(await sampleStream(stream)).toMatchObject({ pending: 0, backlog: 0 });
  });
});

describe('Redis', () => {
  it('may lose everything: the group is made anew, the loss is counted, and new events flow', async () => {
    const consumer = await start(stream, SCORE, new ScriptedTools(() => ok()));
    await untilState(stream, await post(stream, anEvent('before')), 'done');
    await stream.redis.flushall();
    await waitUntil(
      async () => (await consumer.metrics.groupRecreated.get()).values[0]?.value === 1,
      'the loss is counted',
    );
    await untilState(stream, await post(stream, anEvent('after')), 'done');
  });

  it('may be killed and come back: outcomes under way are settled then, and nothing is called again', async () => {
    let answer = () => {};
    const answered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const tools = new ScriptedTools(() => answered.then(() => ok()));
    await start(stream, SCORE, tools, { claimIdleMs: 60_000 });
    const ref = await post(stream, anEvent('a'));
    await waitUntil(() => tools.calls.length === 1, 'the call is under way');
    await server.kill();
    answer();
    await server.restart();
    await waitUntil(() => stream.isReady(), 'the stream is connected again');
    await untilState(stream, ref, 'done');
    expect(tools.calls).toHaveLength(1);
    expect(await sampleStream(stream)).toMatchObject({ pending: 0, backlog: 0 });
  });

  it('may be away for longer than the claim time: what live consumers are in the middle of is not started twice', async () => {
    let answer = () => {};
    const answered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const tools = new ScriptedTools(() => answered.then(() => ok()));
    const options = { claimIdleMs: 60_000, heartbeatMs: 1_000 };
    await start(stream, SCORE, tools, options);
    await start(stream, SCORE, tools, options);
    const refs = [];
    for (const id of ['a', 'b', 'c', 'd']) refs.push(await post(stream, anEvent(id)));
    await waitUntil(() => tools.calls.length === 4, 'the calls are under way');
    // A second and a half later it is more than the claim time, and each consumer has missed a beat.
    await letIdle(59_000);
    await server.kill();
    await sleep(1_500);
    await server.restart();
    await waitUntil(() => stream.isReady(), 'the stream is connected again');
    await waitUntil(async () => (await sampleStream(stream)).pending === 4, 'the pending entries are back');
    answer();
    for (const ref of refs) expect((await untilState(stream, ref, 'done')).deliveries).toMatchObject([{ starts: 1 }]);
    expect(tools.calls).toHaveLength(4);
  });
});
