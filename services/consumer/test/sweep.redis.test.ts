import { describe, expect, it } from '@jest/globals';
import { sleep } from '@millrace/core';
import { createLogger, createMetrics, createRegistry } from '@millrace/runtime';
import { waitUntil } from '@millrace/testing';
import { HeldEntries } from '../src/held-entries.js';
import { Sweep } from '../src/sweep.js';
import { setStage, stream } from './stage.js';

setStage();

const GROUP = 'consumers';
const HOUR_MS = 3_600_000;

/** A sweep that is due every 50 ms where few do the same, and how often it has looked. */
function aSweep() {
  const handlers = { begin: () => undefined, run: async () => undefined };
  const options = { consumer: 'me', claimIdleMs: HOUR_MS, sweepMs: 50, maxStarts: 5 };
  const [logger, metrics] = [createLogger('test', 'silent'), createMetrics(createRegistry())];
  const sweep = new Sweep(stream, new HeldEntries(8), handlers, options, logger, metrics, () => 0.5);
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
});
