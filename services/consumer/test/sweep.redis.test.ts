import { describe, expect, it } from '@jest/globals';
import { sleep } from '@millrace/core';
import { createLogger, createMetrics, createRegistry } from '@millrace/runtime';
import { createAppender, type Entry, type MalformedEntry } from '@millrace/stream-client';
import { waitUntil } from '@millrace/testing';
import { HeldEntries, type Hold } from '../src/held-entries.js';
import { Sweep } from '../src/sweep.js';
import { setStage, stream } from './stage.js';
import { anEvent } from './start-consuming.js';

setStage();

const GROUP = 'consumers';
type Handlers = ConstructorParameters<typeof Sweep>[2];
const IDLE: Handlers = { begin: () => undefined, run: async () => undefined };
const HOUR_MS = 3_600_000;

/** A sweep that is due every 50 ms where few do the same, and how often it has looked. */
function aSweep(handlers: Handlers = IDLE, held = new HeldEntries(8)) {
  const options = { consumer: 'me', claimIdleMs: HOUR_MS, sweepMs: 50, maxStarts: 5 };
  const [logger, metrics] = [createLogger('test', 'silent'), createMetrics(createRegistry())];
  const sweep = new Sweep(stream, held, handlers, options, logger, metrics, () => 0.5);
  const look = () => sweep.runIfDue(new AbortController().signal);
  const count = async () =>
    Number(/^cmdstat_xautoclaim:calls=(\d+)/m.exec(await stream.redis.info('commandstats'))?.[1]);
  return { look, count };
}

describe('a sweep', () => {
  it('comes as often as it is told to where few do the same', async () => {
    await stream.redis.config('RESETSTAT');
    const { look, count } = aSweep();
    await waitUntil(async () => {
      await look();
      return (await count()) >= 3;
    }, 'it has looked three times');
  });

  it('leaves out most of its looks where a thousand others do the same', async () => {
    for (let n = 0; n < 1_000; n += 1)
      await stream.redis.xgroup('CREATECONSUMER', stream.keys.events, GROUP, `other-${n}`);
    await stream.redis.config('RESETSTAT');
    const { look, count } = aSweep();
    for (let turn = 0; turn < 4; turn += 1) {
      await look();
      await sleep(50);
    }
    expect(await count()).toBe(1);
  });

  it('that waited for a place in its middle goes at once for what was left meanwhile by those it had gone by', async () => {
    const ids = await holdElsewhere(20);
    const { look, claimed, letGo } = aSweepWithOnePlace();
    await leave(ids[15]);
    await look();
    expect(claimed()).toEqual([ids[15]]);
    await leave(ids[2]);
    await sleep(70);
    letGo();
    await look();
    expect(claimed()).toEqual([ids[15], ids[2]]);
  });
});

/** A sweep as above that has one place to put what it claims, in which it stays until it is let go. */
function aSweepWithOnePlace() {
  const held = new HeldEntries(1);
  const holds: Hold[] = [];
  const ids: string[] = [];
  const begin = (entries: readonly (Entry | MalformedEntry)[]) => {
    for (const entry of entries) {
      const hold = held.hold(entry);
      hold.beginWork();
      holds.push(hold);
      ids.push(entry.id);
    }
  };
  const { look } = aSweep({ begin, run: async () => undefined }, held);
  const letGo = () => {
    for (const hold of holds.splice(0)) held.letGo(hold);
  };
  return { look, letGo, claimed: () => ids };
}

/** So many entries that somebody else holds, who is alive. */
async function holdElsewhere(count: number): Promise<string[]> {
  const appender = createAppender(stream, { maxBacklog: 100, deadlineMs: 5_000 });
  for (let n = 0; n < count; n += 1) await appender.append(anEvent(`e${n}`));
  await stream.redis.xreadgroup('GROUP', GROUP, 'other', 'COUNT', count, 'STREAMS', stream.keys.events, '>');
  const pending = (await stream.redis.xpending(stream.keys.events, GROUP, '-', '+', count)) as [string][];
  return pending.map(([id]) => id);
}

/** Nobody has renewed its lease for long. */
async function leave(id = ''): Promise<void> {
  await stream.redis.xclaim(stream.keys.events, GROUP, 'other', 0, id, 'IDLE', 2 * HOUR_MS, 'JUSTID');
}
