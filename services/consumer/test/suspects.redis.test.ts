import { describe, expect, it } from '@jest/globals';
import { claimIdle, FIRST_CURSOR, GROUP, openBlockingSource } from '@millrace/stream-client';
import { waitUntil } from '@millrace/testing';
import { SCORE } from './score-route.js';
import { setStage, start, stream } from './stage.js';
import { anEvent, ok, post, ScriptedTools, untilAborted, untilState } from './start-consuming.js';

setStage();

/** Events that so many consumers have begun and not survived. */
async function postSuspects(ids: readonly string[], starts: number): Promise<string[]> {
  const refs: string[] = [];
  for (const id of ids) refs.push(await post(stream, anEvent(id)));
  const source = await openBlockingSource(stream, 'dead', 50);
  expect(await source.read(ids.length)).toHaveLength(ids.length);
  await source.close();
  for (let start = 2; start <= starts; start += 1)
    await claimIdle(stream, 'dead', { minIdleMs: 0, cursor: FIRST_CURSOR, maxCount: ids.length });
  return refs;
}

/** Tools whose calls last until `together` of them are under way; each of the later ones ends at once. */
function waitForEachOther(together: number, onTogether: () => Promise<unknown>) {
  let running = 0;
  let most = 0;
  const met = Promise.withResolvers<unknown>();
  const tools = new ScriptedTools(async () => {
    running += 1;
    if (most < together && running === together) met.resolve(onTogether());
    most = Math.max(most, running);
    await met.promise;
    running -= 1;
    return ok();
  });
  return { tools, most: () => most };
}

describe('entries that two consumers have not survived', () => {
  it('are started eight at a time, with nothing else beside them', async () => {
    const ids = Array.from({ length: 9 }, (_, at) => `suspect-${at}`);
    const refs = await postSuspects(ids, 2);
    const { tools, most } = waitForEachOther(8, async () => refs.push(await post(stream, anEvent('fresh'))));
    await start(stream, SCORE, tools, { claimIdleMs: 600 });
    for (const [at, ref] of refs.entries()) {
      const { deliveries } = await untilState(stream, ref, 'done');
      expect(deliveries).toMatchObject([{ starts: at < ids.length ? 3 : 1 }]);
    }
    expect(most()).toBe(8);
    const called = tools.calls.map(({ arguments: { orderId } }) => orderId);
    expect(called.at(-1)).toBe('fresh');
    expect(called.slice(0, -1).map(String).toSorted()).toEqual(ids);
  });

  it('are alone when the limit leaves them too few starts for company', async () => {
    const refs = await postSuspects(['a', 'b', 'c'], 2);
    const { tools, most } = waitForEachOther(1, async () => undefined);
    await start(stream, SCORE, tools, { claimIdleMs: 600, maxStarts: 4 });
    for (const ref of refs) expect((await untilState(stream, ref, 'done')).deliveries).toMatchObject([{ starts: 3 }]);
    expect(most()).toBe(1);
  });
});

describe('entries that three consumers have not survived', () => {
  it('are handled one at a time, with nothing beside them, and none of them pays for the others', async () => {
    const refs = await postSuspects(['a', 'b', 'c', 'd'], 3);
    const { tools, most } = waitForEachOther(1, async () => undefined);
    await start(stream, SCORE, tools, { claimIdleMs: 600 });
    for (const ref of refs) expect((await untilState(stream, ref, 'done')).deliveries).toMatchObject([{ starts: 4 }]);
    expect(most()).toBe(1);
  });
});

describe('a consumer that is stopped while it handles suspects', () => {
  it('lets them go on for as long as all else, then ends them and gives them back', async () => {
    await postSuspects(['endless'], 2);
    const tools = new ScriptedTools((_call, _nth, signal) => untilAborted(signal));
    const consumer = await start(stream, SCORE, tools, { claimIdleMs: 600, drainMs: 200 });
    await waitUntil(() => tools.calls.length === 1, 'the suspect is called');
    await consumer.stop();
    const [[, holder, idleMs] = []] = (await stream.redis.xpending(stream.keys.events, GROUP, '-', '+', 10)) as [
      string,
      string,
      number,
    ][];
    expect(holder).toBe(consumer.name);
    expect(idleMs).toBeGreaterThanOrEqual(600);
  });
});
