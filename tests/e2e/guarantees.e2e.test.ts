import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { waitUntil } from '@millrace/testing';
import { SHORT_TIMES, System } from '../system/system.js';

let system: System;

beforeAll(async () => {
  system = await System.start(2, { env: SHORT_TIMES });
});

afterAll(() => system.stop());

const event = (promise: string, id: string) => ({ type: `dev.millrace.verify.${promise}`, id, data: {} });

async function redrive(ref: string, route: string): Promise<number> {
  const url = `${system.operator.url}/v1/dead-letters/${ref}.${route}/redrive`;
  return (await fetch(url, { method: 'POST' })).status;
}

describe('an answer that is cut off after the effect', () => {
  it('ends effectively once in one effect, where the tool takes the key', async () => {
    await system.setFaults('azure', [
      { tool: 'card.charge', kind: 'cut-after-effect', times: 2, eventIdPrefix: 'cut-' },
    ]);
    const { body } = await system.post(event('effectively-once', 'cut-1'));
    const record = await system.untilState(body.ref, 'done');
    expect(record.routes).toMatchObject([{ attempts: 3, effects: [{ state: 'done' }] }]);
    expect((await system.witnessed('azure')).get('cut-1')).toMatchObject({ requests: 3, effects: 1 });
  });

  it('is a dead letter at most once, outcome-unknown, and is sent again only by a person', async () => {
    await system.setFaults('aws', [
      { tool: 'notify.email', kind: 'cut-after-effect', times: 1, eventIdPrefix: 'cut-' },
    ]);
    const { body } = await system.post(event('at-most-once', 'cut-2'));
    const record = await system.untilState(body.ref, 'dead');
    expect(record.routes).toMatchObject([{ reason: 'outcome-unknown', attempts: 1 }]);
    expect((await system.witnessed('aws')).get('cut-2')).toMatchObject({ requests: 1, effects: 1 });
    expect(await redrive(body.ref, 'verify-at-most-once')).toBe(202);
    await system.untilState(body.ref, 'done');
    expect((await system.witnessed('aws')).get('cut-2')).toMatchObject({ requests: 2, effects: 2 });
  });

  it('is repeated at least once, with the effect it has', async () => {
    await system.setFaults('gcp', [{ tool: 'label.print', kind: 'cut-after-effect', times: 1, eventIdPrefix: 'cut-' }]);
    const { body } = await system.post(event('at-least-once', 'cut-3'));
    await system.untilState(body.ref, 'done');
    expect((await system.witnessed('gcp')).get('cut-3')).toMatchObject({ requests: 2, effects: 2 });
  });
});

describe('kill -9 in the middle of a call', () => {
  it('repeats it effectively once with one effect, and at most once not at all', async () => {
    await system.setFaults('azure', [{ tool: 'card.charge', kind: 'delay', delayMs: 10_000 }]);
    await system.setFaults('aws', [{ tool: 'notify.email', kind: 'delay', delayMs: 10_000 }]);
    const once = await system.post(event('effectively-once', 'kill-1'));
    const most = await system.post(event('at-most-once', 'kill-2'));
    await waitUntil(async () => {
      const counts = await Promise.all([system.witnessed('azure'), system.witnessed('aws')]);
      return counts[0].has('kill-1') && counts[1].has('kill-2');
    }, 'both calls are under way');
    await Promise.all(system.consumers.splice(0).map((consumer) => consumer.kill()));
    await system.setFaults('azure', []);
    await system.setFaults('aws', []);
    await system.startConsumer();
    await system.untilState(once.body.ref, 'done');
    const record = await system.untilState(most.body.ref, 'dead');
    expect(record.routes).toMatchObject([{ reason: 'outcome-unknown' }]);
    expect((await system.witnessed('azure')).get('kill-1')).toMatchObject({ requests: 2, effects: 1 });
    expect((await system.witnessed('aws')).get('kill-2')?.requests).toBe(1);
  });
});
