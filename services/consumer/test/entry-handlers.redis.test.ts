import { describe, expect, it } from '@jest/globals';
import type { Event } from '@millrace/events';
import { defineHandler, type HandlerContext } from '@millrace/handlers';
import { claimIdle, createSettler, FIRST_CURSOR, readRecord, type Settler, StreamError } from '@millrace/stream-client';
import { waitUntil } from '@millrace/testing';
import { idle, ME, readEntries, statesOf } from './read-entries.js';
import { setStage, stream } from './stage.js';
import { anEvent, ok, ScriptedTools, someRoutes } from './start-consuming.js';

const ROUTES = someRoutes('routes: [{ id: work, on: { all: [] }, handler: handlers/work.ts }]');

setStage();

/** Entries of one read, and handlers that run this for each. */
function prepare(events: readonly Event[], run: (context: HandlerContext) => unknown, settler: Settler, places = 10) {
  const configuration = {
    version: 'test',
    routes: ROUTES,
    tools: new ScriptedTools(() => ok()),
    handlers: new Map([['handlers/work.ts', defineHandler(run)]]),
  };
  return readEntries(events, { configuration, settler, places });
}

/** Answers the first settlement with an error, as when its connection breaks, or Redis has run out of disk. */
function refusingFirst(error: Error): Settler {
  const settler = createSettler(stream, ME);
  let hasRefused = false;
  return {
    ...settler,
    settleFor: (settlement, waiter) => {
      if (hasRefused) return settler.settleFor(settlement, waiter);
      hasRefused = true;
      waiter.reject(error);
    },
  };
}

describe('entry handlers', () => {
  it('settle what ended at once and what took its time, and give the configuration back after the last', async () => {
    let open = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const run = ({ event }: HandlerContext) => (event.id === 'slow' ? gate.then(() => 'later') : 'at once');
    const events = [anEvent('fast'), anEvent('slow'), anEvent('other')];
    const { refs, entries, handlers, held, releases } = await prepare(events, run, createSettler(stream, ME));
    handlers.begin(entries);
    await waitUntil(() => held.size === 1, 'those that wait for nothing are let go');
    expect(await statesOf(refs)).toEqual(['done', 'open', 'done']);
    expect(releases()).toBe(0);
    open();
    await idle(held);
    expect(await statesOf(refs)).toEqual(['done', 'done', 'done']);
    expect(releases()).toBe(1);
    const results = await Promise.all(refs.map(async (ref) => (await readRecord(stream, ref))?.deliveries[0]?.result));
    expect(results).toEqual(['at once', 'later', 'at once']);
  });

  it('let the next entry have the place as soon as work is over, before Redis knows what has come of it', async () => {
    const begun: string[] = [];
    const ends = new Map<string, () => void>();
    const run = ({ event: { id } }: HandlerContext) => {
      begun.push(id);
      return new Promise<void>((resolve) => ends.set(id, resolve));
    };
    const waiting: (() => void)[] = [];
    const settler = createSettler(stream, ME);
    // Redis does not answer until the test says so.
    const slow: Settler = {
      ...settler,
      settleFor: (one, waiter) => void untilTold().then(() => settler.settleFor(one, waiter)),
    };
    const untilTold = () => new Promise<void>((resolve) => waiting.push(resolve));
    const events = ['a', 'b', 'c'].map((id) => anEvent(id));
    const { refs, entries, handlers, held } = await prepare(events, run, slow, 1);
    handlers.begin(entries);
    expect([begun, handlers.waiting, held.size]).toEqual([['a'], 2, 3]);
    ends.get('a')?.();
    await waitUntil(() => begun.length === 2, 'the next has begun');
    expect([waiting.length, handlers.waiting, await statesOf(refs)]).toEqual([1, 1, ['open', 'open', 'open']]);
    ends.get('b')?.();
    await waitUntil(() => begun.length === 3, 'the last has begun');
    ends.get('c')?.();
    await waitUntil(() => waiting.length === 3, 'all are over');
    expect([held.free, held.size]).toEqual([1, 3]);
    for (const tell of waiting) tell();
    await idle(held);
    expect(await statesOf(refs)).toEqual(['done', 'done', 'done']);
  });

  it('never begin an entry that was lost while it waited for a place', async () => {
    const begun: string[] = [];
    let end = () => {};
    const run = ({ event: { id } }: HandlerContext) => {
      begun.push(id);
      return id === 'a' ? new Promise<void>((resolve) => (end = resolve)) : undefined;
    };
    const events = ['a', 'b', 'c'].map((id) => anEvent(id));
    const { refs, entries, handlers, held } = await prepare(events, run, createSettler(stream, ME), 1);
    handlers.begin(entries);
    held.abort(held.leases().filter(({ ref }) => ref === refs[1]));
    end();
    await idle(held);
    expect([begun, await statesOf(refs)]).toEqual([
      ['a', 'c'],
      ['done', 'open', 'done'],
    ]);
  });

  it('hand back those that wait for a place, and begin them no more', async () => {
    const begun: string[] = [];
    let end = () => {};
    const run = ({ event: { id } }: HandlerContext) => {
      begun.push(id);
      return new Promise<void>((resolve) => (end = resolve));
    };
    const events = ['a', 'b', 'c'].map((id) => anEvent(id));
    const { refs, entries, handlers, held } = await prepare(events, run, createSettler(stream, ME), 1);
    handlers.begin(entries);
    expect(handlers.giveUpWaiting().map(({ entry }) => entry.ref)).toEqual(refs.slice(1));
    expect([handlers.waiting, held.size]).toEqual([0, 1]);
    end();
    await idle(held);
    expect(begun).toEqual(['a']);
  });

  it('settle again what Redis refused for a while, without running the handler again', async () => {
    let runs = 0;
    const refusing = refusingFirst(new StreamError('STREAM_UNAVAILABLE', 'for a test'));
    const run = () => {
      runs += 1;
    };
    const { refs, entries, handlers, held } = await prepare([anEvent('a')], run, refusing);
    handlers.begin(entries);
    await idle(held);
    expect([runs, await statesOf(refs)]).toEqual([1, ['done']]);
  });

  it('leave an entry pending whose settlement failed for a reason that nobody knows', async () => {
    const { refs, entries, handlers, held, releases } = await prepare(
      [anEvent('a'), anEvent('b')],
      () => 'done',
      refusingFirst(new Error('a bug')),
    );
    handlers.begin(entries);
    await idle(held);
    expect(await statesOf(refs)).toEqual(['open', 'done']);
    expect(releases()).toBe(1);
  });

  it.each([
    ['at once', (id: string) => id],
    ['after a while', async (id: string) => id],
  ])('go on with the others when an outcome that came %s cannot be written down', async (_when, value) => {
    const settler = createSettler(stream, ME);
    const refusing: Settler = {
      ...settler,
      settleFor: (settlement, waiter) => {
        const { entry } = settlement;
        if (entry.kind === 'entry' && entry.event.id === 'odd') throw new TypeError('what is that?');
        settler.settleFor(settlement, waiter);
      },
    };
    const events = ['odd', 'a', 'b', 'c'].map((id) => anEvent(id));
    const run = ({ event }: HandlerContext) => value(event.id);
    const { refs, entries, handlers, held, releases } = await prepare(events, run, refusing, 1);
    handlers.begin(entries);
    await idle(held);
    expect(await statesOf(refs)).toEqual(['open', 'done', 'done', 'done']);
    expect(releases()).toBeGreaterThan(0);
  });

  it('drop the outcome of an entry that another consumer has claimed meanwhile', async () => {
    const { refs, entries, handlers, held, metrics } = await prepare(
      [anEvent('a')],
      () => 1,
      createSettler(stream, ME),
    );
    await claimIdle(stream, 'consumer-2', { minIdleMs: 0, cursor: FIRST_CURSOR, maxCount: 10 });
    handlers.begin(entries);
    await idle(held);
    expect(await statesOf(refs)).toEqual(['open']);
    expect((await metrics.fencedSettlements.get()).values[0]?.value).toBe(1);
  });

  it('end an event whose data are not what they say they are, whatever the handler makes of it', async () => {
    const broken = { ...anEvent('a'), data: { kind: 'json' as const, bytes: Buffer.from('{') } };
    const run = (context: HandlerContext) => {
      try {
        return context.event.data;
      } catch {
        return 'never mind';
      }
    };
    const { refs, entries, handlers, held } = await prepare([broken], run, createSettler(stream, ME));
    handlers.begin(entries);
    await idle(held);
    const record = await readRecord(stream, refs[0] ?? '');
    expect(record?.deliveries).toMatchObject([{ state: 'dead', reason: 'expression-failed' }]);
  });

  it('fail an attempt whose handler throws at once, and wait for the steps that it had begun', async () => {
    const order: string[] = [];
    const run = ({ step }: HandlerContext) => {
      void step('forgotten', async () => {
        await Promise.resolve();
        order.push('step');
      });
      throw new Error('at once');
    };
    const { refs, entries, handlers, held } = await prepare([anEvent('a')], run, createSettler(stream, ME));
    handlers.begin(entries);
    await idle(held);
    const record = await readRecord(stream, refs[0] ?? '');
    expect(record?.deliveries).toMatchObject([{ state: 'retrying', error: { code: 'HANDLER_FAILED' } }]);
    expect(order).toEqual(['step']);
  });
});
