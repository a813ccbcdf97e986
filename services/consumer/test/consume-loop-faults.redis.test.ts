import { describe, expect, it } from '@jest/globals';
import type { ToolCaller } from '@millrace/mcp-client';
import { createLogger, createMetrics, createRegistry } from '@millrace/runtime';
import {
  createConsumerName,
  createEffectRecorder,
  createSettler,
  type Entry,
  type EntrySource,
  openBlockingSource,
  releaseLeases,
} from '@millrace/stream-client';
import { waitUntil } from '@millrace/testing';
import { createFixedConfiguration } from '../src/configuration/configuration.js';
import { ConsumeLoop } from '../src/consume-loop.js';
import { Lanes } from '../src/lanes/lanes.js';
import { createObserver } from '../src/observe.js';
import { Handlings } from '../src/partitions/handlings.js';
import { server, setStage, stream } from './stage.js';
import { anEvent, ok, post, ScriptedTools, someRoutes, startConsuming, untilState } from './start-consuming.js';

setStage();

const ROUTES = someRoutes(
  `routes: [{ id: score, on: { all: [] }, call: { server: aws, tool: score }, with: '{ "eventId": id }' }]`,
);

/** A loop with one place, and its source, which counts how often it is read. */
async function createLoop(tools: ToolCaller) {
  const consumer = createConsumerName();
  const own = await openBlockingSource(stream, consumer, 50);
  let reads = 0;
  const source: EntrySource = {
    ...own,
    read: (maxCount) => {
      reads += 1;
      return own.read(maxCount);
    },
  };
  const logger = createLogger('test', 'silent');
  const metrics = createMetrics(createRegistry());
  const observer = createObserver(logger, metrics);
  const clock = { now: () => 0 };
  const configurations = createFixedConfiguration({ version: 'test', routes: ROUTES, tools, handlers: new Map() });
  const partitions = { home: stream, all: [stream], ofRef: () => stream };
  const shared = {
    clock,
    configurations,
    pauses: { hasRoute: () => false, hasServer: () => false },
    observer,
    maxStarts: 5,
    maxParkedMs: 60_000,
    random: Math.random,
  };
  const times = { claimIdleMs: 60_000, heartbeatMs: 1_000, sweepMs: 1_000, drainMs: 1_000, maxStarts: 5 };
  const handlings = new Handlings(partitions, shared, (one) => ({
    settler: createSettler(one, consumer),
    effects: createEffectRecorder(one, consumer),
    lanes: new Lanes(one, consumer, configurations),
  }));
  const loop = new ConsumeLoop(partitions, source, handlings, { consumer, concurrency: 1, ...times }, logger, metrics);
  return { loop, source, reads: () => reads };
}

describe('stop', () => {
  it('reads no more, though the sweep before the next read was under way', async () => {
    const { loop, source, reads } = await createLoop(new ScriptedTools(() => ok()));
    loop.start();
    await loop.stop();
    expect(reads()).toBe(0);
    await source.close();
  });

  it('lets calls under way end and settles them, though Redis was frozen when it came', async () => {
    let answer = () => {};
    const answered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const tools = new ScriptedTools(() => answered.then(() => ok()));
    const consumer = await startConsuming(stream, ROUTES, tools, { claimIdleMs: 60_000, drainMs: 30_000 });
    const ref = await post(stream, anEvent('a'));
    await waitUntil(() => tools.calls.length === 1, 'the call is under way');
    server.freeze();
    const frozenAt = performance.now();
    const stopped = consumer.stop();
    await waitUntil(() => performance.now() - frozenAt > 3_000, 'commands have timed out').finally(() => server.thaw());
    answer();
    await stopped;
    await untilState(stream, ref, 'done');
  });
});

describe('the sweep', () => {
  it('comes to a stale entry behind many fresh ones without waiting for new entries in between', async () => {
    for (let n = 0; n < 100; n += 1) await post(stream, anEvent(`e${n}`));
    const busy = await openBlockingSource(stream, 'busy', 50);
    const last = (await busy.read(100)).at(-1) as Entry;
    await releaseLeases(stream, 'busy', [{ entryId: last.id, deliveryCount: 1 }], 60_000);
    const tools = new ScriptedTools(() => ok());
    const { loop, source, reads } = await createLoop(tools);
    loop.start();
    await waitUntil(() => tools.calls.length === 1, 'the stale entry is delivered');
    expect(tools.calls[0]?.arguments).toEqual({ eventId: last.event.id });
    expect(reads()).toBeLessThanOrEqual(1);
    await loop.stop();
    await source.close();
    await busy.close();
  });
});
