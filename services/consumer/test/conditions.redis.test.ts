import { beforeEach, describe, expect, it } from '@jest/globals';
import { redriveDeadLetter } from '@millrace/stream-client';
import { setStage, start, stopAll, stream } from './stage.js';
import { anEvent, ok, post, ScriptedTools, someRoutes, untilState } from './start-consuming.js';

const tools = new ScriptedTools(() => ok());

setStage();

beforeEach(() => {
  tools.calls.length = 0;
});

const when = (condition: string) =>
  someRoutes(`
routes:
  - { id: some, on: { all: [] }, when: '${condition}', call: { server: aws, tool: t }, with: '{}' }
  - { id: every, on: { all: [] }, call: { server: aws, tool: t }, with: '{}' }
`);

describe('a route whose `when` is false', () => {
  it('has no delivery in the record, and the other routes of the event have theirs', async () => {
    await start(stream, when('event.data.orderId == "o-2"'), tools);
    const first = await untilState(stream, await post(stream, anEvent('o-1')), 'done');
    expect(first.deliveries.map(({ route }) => route)).toEqual(['every']);
    const second = await untilState(stream, await post(stream, anEvent('o-2')), 'done');
    expect(second.deliveries.map(({ route }) => route)).toEqual(['some', 'every']);
  });
});

describe('a route whose `when` fails', () => {
  it('is a dead letter that says so, its tool is not called, and the other routes are done', async () => {
    await start(stream, when('event.data.totl > 1'), tools);
    const record = await untilState(stream, await post(stream, anEvent('o-1')), 'dead');
    expect(record.deliveries).toMatchObject([
      { route: 'some', state: 'dead', reason: 'condition-failed', error: { code: 'CONDITION_FAILED' } },
      { route: 'every', state: 'done' },
    ]);
    expect(record.deliveries[0]?.error?.message).toMatch(/No such key: totl/);
    expect(tools.calls).toHaveLength(1);
  });

  it.each([
    ['calls its tool when the mended `when` holds', 'event.data.orderId == "o-1"', 2, undefined],
    ['is done without a call when the mended `when` does not hold', 'false', 1, 'condition-not-met'],
  ])('and is redriven, %s', async (_what, mended, calls, reason) => {
    await start(stream, when('event.data.totl > 1'), tools);
    const ref = await post(stream, anEvent('o-1'));
    await untilState(stream, ref, 'dead');
    await stopAll();
    await start(stream, when(mended), tools);
    await redriveDeadLetter(stream, `${ref}.some`);
    const { deliveries } = await untilState(stream, ref, 'done');
    expect(deliveries[0]).toMatchObject({ route: 'some', state: 'done', attempts: 2 });
    expect(deliveries[0]?.reason).toBe(reason);
    expect(tools.calls).toHaveLength(calls);
  });
});
