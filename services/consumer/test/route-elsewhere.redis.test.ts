import { describe, expect, it } from '@jest/globals';
import { announceConfiguration, readRecord, sampleStream } from '@millrace/stream-client';
import { waitUntil } from '@millrace/testing';
import { makeDue, setStage, start, stream } from './stage.js';
import { anEvent, fails, ok, post, ScriptedTools, someRoutes, startConsuming, untilState } from './start-consuming.js';

setStage();

const routeOf = (id: string, initial = '5ms') =>
  someRoutes(`
routes:
  - id: ${id}
    on: { type: order.created }
    call: { server: aws, tool: x }
    with: '{}'
    retry: { attempts: 2, initial: ${initial}, max: 1h }
`);
const newer = routeOf('new');
const older = routeOf('old');

/** Leaves a delivery along the route `new` that has failed once, and waits for a consumer that does not have it. */
async function leaveRetry(): Promise<string> {
  const failing = new ScriptedTools(() => fails('TOOL_TIMEOUT', 'unknown'));
  const first = await startConsuming(stream, routeOf('new', '1h'), failing);
  const ref = await post(stream, anEvent('a'));
  await waitUntil(async () => (await readRecord(stream, ref))?.deliveries[0]?.attempts === 1, 'it has failed once');
  await first.stop();
  await makeDue(ref, 'new');
  return ref;
}

describe('a retry along a route that this consumer does not have', () => {
  it('waits while another consumer has the route, with its attempts, and is made there', async () => {
    const configuration = { version: 'v2', routes: ['new'], servers: ['aws'] };
    await announceConfiguration(stream, configuration);
    const ref = await leaveRetry();
    const idle = new ScriptedTools(() => ok());
    await start(stream, older, idle);
    const [delivery] = await waitUntil(async () => {
      const { deliveries = [] } = (await readRecord(stream, ref)) ?? {};
      return (deliveries[0]?.held ?? 0) > 0 && deliveries;
    }, 'it was left to others');
    expect(delivery).toMatchObject({ state: 'retrying', error: { code: 'TOOL_TIMEOUT' } });
    const tools = new ScriptedTools(() => ok());
    await start(stream, newer, tools);
    // Whichever of the two reads it: the one that has the route makes it in the end.
    const record = await untilState(stream, ref, 'done');
    expect([record.deliveries[0]?.state, tools.calls.length, idle.calls.length]).toEqual(['done', 1, 0]);
    expect(await sampleStream(stream)).toMatchObject({ backlog: 0, deadLetters: 0 });
  });

  it('is a dead letter once nobody has the route any more', async () => {
    const ref = await leaveRetry();
    await start(stream, older, new ScriptedTools(() => ok()));
    const record = await untilState(stream, ref, 'dead');
    expect(record.deliveries[0]).toMatchObject({ reason: 'route-missing' });
  });
});
