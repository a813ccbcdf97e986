import { describe, expect, it } from '@jest/globals';
import { RouteTable } from '@millrace/routing';
import { createLogger, createMetrics, createRegistry } from '@millrace/runtime';
import {
  claimIdle,
  createEffectRecorder,
  createSettler,
  type Entry,
  FIRST_CURSOR,
  openBlockingSource,
  readRecord,
  type Settler,
  StreamError,
  sampleStream,
} from '@millrace/stream-client';
import { waitUntil } from '@millrace/testing';
import { createFixedConfiguration } from '../src/configuration/configuration.js';
import { handleEntry } from '../src/handle-entry.js';
import { HeldEntries } from '../src/held-entries.js';
import { Lanes } from '../src/lanes/lanes.js';
import { createObserver } from '../src/observe.js';
import { setStage, stream } from './stage.js';
import { anEvent, ok, post, ScriptedTools, someRoutes } from './start-consuming.js';

setStage();

const ME = 'me';
const BOTH = someRoutes(`
routes:
  - { id: quick, on: { all: [] }, call: { server: aws, tool: quick }, with: '{}' }
  - { id: slow, on: { all: [] }, call: { server: gcp, tool: slow }, with: '{}' }
`);

async function readOne(): Promise<Entry> {
  const source = await openBlockingSource(stream, ME, 50);
  const entry = await waitUntil(async () => (await source.read(1))[0], 'an entry is read');
  await source.close();
  if (entry.kind !== 'entry') throw new Error(entry.problem);
  return entry;
}

function handle(entry: Entry, settler: Settler, routes = BOTH) {
  const metrics = createMetrics(createRegistry());
  const observer = createObserver(createLogger('test', 'silent'), metrics);
  const tools = new ScriptedTools(() => ok());
  const effects = createEffectRecorder(stream, ME);
  const clock = { now: () => 0 };
  const configurations = createFixedConfiguration({ version: 'test', routes, tools, handlers: new Map() });
  const handling = {
    stream,
    home: stream,
    settler,
    effects,
    clock,
    configurations,
    lanes: new Lanes(stream, ME, configurations),
    earlierLanes: () => [],
    pauses: { hasRoute: () => false, hasServer: () => false },
    observer,
    maxStarts: 5,
    maxParkedMs: 60_000,
    random: () => 0.5,
  };
  return {
    metrics,
    ended: handleEntry(entry, handling, new HeldEntries(1).hold(entry)),
  };
}

/** Refuses the first settlement of one route, as Redis does when its disk is full or its connection breaks. */
function refusingFirst(route: string): Settler {
  const settler = createSettler(stream, ME);
  let hasRefused = false;
  return {
    drain: () => settler.drain(),
    settleFor: (settlement, waiter) => settler.settleFor(settlement, waiter),
    settle: (settlement) => {
      if (hasRefused || settlement.outcomes[0]?.route !== route) return settler.settle(settlement);
      hasRefused = true;
      return Promise.reject(new StreamError('STREAM_UNAVAILABLE', 'for a test'));
    },
  };
}

describe('handleEntry', () => {
  it('loses no delivery when the settlement of one is refused for a while and the other one goes through', async () => {
    const ref = await post(stream, anEvent('a'));
    const { ended } = handle(await readOne(), refusingFirst('quick'));
    await ended;
    expect(await readRecord(stream, ref)).toMatchObject({
      state: 'done',
      deliveries: [
        { route: 'quick', state: 'done' },
        { route: 'slow', state: 'done' },
      ],
    });
    expect(await sampleStream(stream)).toMatchObject({ pending: 0, backlog: 0 });
  });

  it('counts no delivery as done when its outcome was refused because another consumer holds the entry', async () => {
    await post(stream, anEvent('a'));
    const entry = await readOne();
    await claimIdle(stream, 'thief', { minIdleMs: 0, cursor: FIRST_CURSOR, maxCount: 1 });
    const { metrics, ended } = handle(entry, createSettler(stream, ME), new RouteTable(BOTH.all.slice(0, 1)));
    await ended;
    expect((await metrics.fencedSettlements.get()).values[0]?.value).toBe(1);
    expect((await metrics.deliveries.get()).values).toEqual([]);
  });
});
