import { expect, it } from '@jest/globals';
import { readRecord } from '@millrace/stream-client';
import { waitUntil } from '@millrace/testing';
import { setStage, stream } from './stage.js';
import { anEvent, ok, post, ScriptedTools, someRoutes, startConsuming, untilState } from './start-consuming.js';

setStage();

it('an expression without end costs only its own delivery: other routes and other events are done meanwhile', async () => {
  const routes = someRoutes(`
routes:
  - id: endless
    on: { type: order.created }
    call: { server: aws, tool: t }
    with: '($f := function($n) { $f($n + 1) }; { "x": $f(0) })'
    retry: { attempts: 2, initial: 1ms }
  - { id: sound, on: { all: [] }, call: { server: aws, tool: t }, with: '{ "n": $map([1], function($n) { $n }) }' }
`);
  const tools = new ScriptedTools(() => ok());
  const consumer = await startConsuming(stream, routes, tools);
  try {
    const ref = await post(stream, anEvent('o-1'));
    const event = anEvent('o-2');
    const other = await post(stream, { ...event, type: 'other', attributes: { ...event.attributes, type: 'other' } });
    await untilState(stream, other, 'done');
    const soundIsDone = async () => {
      const { state, deliveries = [] } = (await readRecord(stream, ref)) ?? {};
      return deliveries.some(({ route, state: own }) => route === 'sound' && own === 'done') ? state : undefined;
    };
    expect(await waitUntil(soundIsDone, 'the sound route is done')).toBe('open');
    const record = await untilState(stream, ref, 'dead');
    expect(record.deliveries).toMatchObject([
      { route: 'endless', state: 'dead', attempts: 2, error: { code: 'EXPRESSION_TIMED_OUT' } },
      { route: 'sound', state: 'done', attempts: 1 },
    ]);
  } finally {
    await consumer.stop();
  }
});
