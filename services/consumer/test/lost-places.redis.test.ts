import { describe, expect, it } from '@jest/globals';
import { createLogger, createMetrics, createRegistry } from '@millrace/runtime';
import {
  claimIdle,
  createEffectRecorder,
  createSettler,
  type Entry,
  FIRST_CURSOR,
  type MalformedEntry,
  openBlockingSource,
  promoteDue,
  sampleStream,
} from '@millrace/stream-client';
import { keepAsReplica } from '@millrace/testing';
import { createFixedConfiguration } from '../src/configuration/configuration.js';
import { handleEntry } from '../src/handle-entry.js';
import { HeldEntries } from '../src/held-entries.js';
import { type Entrant, Lanes } from '../src/lanes/lanes.js';
import type { FindElsewhere } from '../src/moving/find-leaving.js';
import { createObserver } from '../src/observe.js';
import { makeDue, setStage, stream } from './stage.js';
import { anEvent, fails, ok, post, ScriptedTools, someRoutes } from './start-consuming.js';

setStage();

const ME = 'me';
const ROUTES = someRoutes(`
routes:
  - id: in-order
    on: { all: [] }
    call: { server: aws, tool: note }
    with: '{ "n": data.n }'
    ordered: data.key
    retry: { attempts: 3, initial: 1ms, max: 1ms }
`);

/** After so many answers to who may go, Redis fails over to a replica as it was before. */
interface Failing {
  readonly failOver: () => Promise<void>;
  readonly afterAnswers: number;
}

/** Handles entries one after the other. */
function startHandling(tools: ScriptedTools, { failOver, afterAnswers }: Failing, findElsewhere?: FindElsewhere) {
  const configurations = createFixedConfiguration({ version: 'test', routes: ROUTES, tools, handlers: new Map() });
  const own = new Lanes(stream, ME, configurations);
  let failingOver: Promise<void> | undefined;
  let answers = 0;
  const lanes = {
    isOver: (lane: string) => own.isOver(lane, undefined, new AbortController().signal),
    partition: 0,
    enter: async (asking: Entrant) => {
      const turn = await own.enter(asking);
      answers += 1;
      if (answers >= afterAnswers) failingOver ??= failOver();
      await failingOver;
      return turn;
    },
  };
  const handling = {
    stream,
    home: stream,
    settler: createSettler(stream, ME),
    effects: createEffectRecorder(stream, ME),
    clock: { now: () => 0 },
    configurations,
    lanes: lanes as unknown as Lanes,
    earlierLanes: () => [],
    ...(findElsewhere === undefined ? {} : { findElsewhere }),
    pauses: { hasRoute: () => false, hasServer: () => false },
    observer: createObserver(createLogger('test', 'silent'), createMetrics(createRegistry())),
    maxStarts: 5,
    maxParkedMs: 60_000,
    random: () => 0.5,
  };
  return (entry: Entry | MalformedEntry) => handleEntry(entry, handling, new HeldEntries(1).hold(entry));
}

async function read(consumer: string, count: number) {
  const source = await openBlockingSource(stream, consumer, 20);
  const entries = await source.read(count);
  await source.close();
  return entries;
}

/** Whatever there is by now goes round until it is over here: what was put back before what is claimed, the last one first. */
async function goRound(handle: (entry: Entry | MalformedEntry) => Promise<void>, retriedRef = ''): Promise<void> {
  for (let round = 0; round < 100; round += 1) {
    const { backlog, departing } = await sampleStream(stream);
    if (backlog === departing) return;
    for (const entry of await read(ME, 10)) await handle(entry);
    const { entries: left } = await claimIdle(stream, ME, { minIdleMs: 0, cursor: FIRST_CURSOR, maxCount: 10 });
    for (const entry of left.toReversed()) await handle(entry);
    await makeDue(retriedRef, 'in-order');
    await promoteDue(stream, 10);
  }
}

describe('an ordered delivery whose place was lost while it was handled', () => {
  it.each([
    ['had to wait for its turn', 1],
    ['was tried, and is to be tried again', 0],
  ])('is not passed by one that came after it, and passes none that came before it: it %s', async (_what, at) => {
    for (let n = 0; n < 3; n++) await post(stream, anEvent(`e${n}`, 'order.created', { key: 'k', n }));
    const entries = [...(await read(at === 0 ? ME : 'gone', 1)), ...(await read(ME, 1)), ...(await read('late', 1))];
    const replica = await keepAsReplica(stream.redis);
    const effects: number[] = [];
    const tools = new ScriptedTools(({ arguments: { n } }, nth) => {
      if (at === 0 && nth === 1) return fails('TOOL_UNREACHABLE', 'not-sent');
      effects.push(Number(n));
      return ok();
    });
    const handle = startHandling(tools, { failOver: replica, afterAnswers: 1 });
    await handle(entries[at] as Entry);
    await goRound(handle, entries[at]?.ref);
    expect(effects).toEqual([0, 1, 2]);
    expect(await sampleStream(stream)).toMatchObject({ backlog: 0, pending: 0, queued: 0, unaccounted: 0 });
  });

  it('does not go on in another partition before one whose going there was lost', async () => {
    for (let n = 0; n < 3; n++) await post(stream, anEvent(`e${n}`, 'order.created', { key: 'k', n }));
    const entries = [...(await read(ME, 2)), ...(await read('late', 1))];
    const [first, second] = entries as [Entry, Entry];
    const failOver = await keepAsReplica(stream.redis);
    const handle = startHandling(new ScriptedTools(() => ok()), { failOver, afterAnswers: 2 }, () => 7);
    await handle(first);
    await handle(second);
    await goRound(handle);
    const departed = await stream.redis.xrange(stream.keys.outbox, '-', '+');
    expect(departed.map(([, [, of]]) => of)).toEqual(entries.map(({ ref }) => `${ref} in-order`));
    expect(await sampleStream(stream)).toMatchObject({ departing: 3, pending: 0, queued: 0, unaccounted: 0 });
  });
});
