import { afterEach, describe, expect, it } from '@jest/globals';
import { createToolCaller, Fleet, type ToolCaller } from '@millrace/mcp-client';
import { readRecord } from '@millrace/stream-client';
import { answer, said, serveCalls, waitUntil } from '@millrace/testing';
import { setStage, start, stream } from './stage.js';
import { anEvent, post, someRoutes } from './start-consuming.js';

const PLACES = 16;
const closing: (() => Promise<void>)[] = [];

setStage();

/** Consumers have ended by then. */
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const routes = someRoutes(`
routes:
  - { id: hanging, on: { type: to.aws }, call: { server: aws, tool: x }, with: '{}', timeout: 60s }
  - { id: lively, on: { type: to.gcp }, call: { server: gcp, tool: x }, with: '{}', timeout: 60s }
`);

/** Two servers of one process, the first of which never answers. */
async function startServers(fleet: Fleet): Promise<{ tools: ToolCaller; hanging: () => number }> {
  let hanging = 0;
  const aws = await serveCalls(() => {
    hanging += 1;
  });
  const gcp = await serveCalls(({ response, message }) => answer(response, said(message, 'hello')));
  const callers = new Map(
    Object.entries({ aws, gcp }).map(([name, { url }]) => [
      name,
      createToolCaller([{ name, url, privateAddresses: true, maxConcurrency: 64 }], { fleet }),
    ]),
  );
  closing.push(async () => {
    for (const caller of callers.values()) await caller.close();
    await Promise.all([aws.kill(), gcp.kill()]);
  });
  const tools: ToolCaller = {
    call: (call, signal) => callers.get(call.server)?.call(call, signal) ?? Promise.reject(new Error('unknown')),
  };
  return { tools, hanging: () => hanging };
}

describe('a consumer one of whose servers hangs', () => {
  it('goes on with the events for the others: the hanging one takes half of its places at most', async () => {
    const { tools, hanging } = await startServers(new Fleet({ places: PLACES }));
    await start(stream, routes, tools, { concurrency: PLACES, drainMs: 0 });
    // Far more than there are places, and all of them first.
    for (let n = 0; n < 8 * PLACES; n++) await post(stream, anEvent(`hanging-${n}`, 'to.aws'));
    await waitUntil(() => hanging() >= 1, 'the hanging server has calls');
    const startedAt = performance.now();
    const refs = await Promise.all(
      Array.from({ length: 2 * PLACES }, (_, n) => post(stream, anEvent(`lively-${n}`, 'to.gcp'))),
    );
    for (const ref of refs) {
      await waitUntil(async () => (await readRecord(stream, ref))?.state === 'done', `${ref} is done`);
    }
    console.info(`events for the other server were done in ${Math.round(performance.now() - startedAt)} ms`);
    expect(hanging()).toBeLessThanOrEqual(PLACES / 2);
  });
});
