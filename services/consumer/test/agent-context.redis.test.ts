import { describe, expect, it } from '@jest/globals';
import { type AskModel, modelNameOf, type Question } from '@millrace/agent';
import { withTrust } from '@millrace/events';
import {
  answerApproval,
  cancelEvent,
  clearContext,
  contextIdOf,
  getContext,
  listApprovals,
  listContexts,
  readRecord,
  sampleStream,
  searchEvents,
} from '@millrace/stream-client';
import { waitUntil } from '@millrace/testing';
import type { Models } from '../src/agents/models.js';
import { setStage, start, stream } from './stage.js';
import { anEvent, ok, post, ScriptedTools, someRoutes, type TestConsumer, untilState } from './start-consuming.js';

setStage();

const routes = someRoutes(`
routes:
  - id: care
    on: { type: asked }
    agent:
      tools: ['gcp/*']
      instructions: Help the customer.
      trust: anonymous
      approve: [gcp/pay]
      afterOutside: never
      context: data.customer
      memory: { bytes: 4096 }
    delivery: effectively-once
    idempotency: key
    retry: { attempts: 3, initial: 5ms, max: 20ms }
`);

class Cloud extends ScriptedTools {
  async listTools() {
    const tools = ['look', 'pay'].map((name) => ({ name, inputSchema: { type: 'object' } }));
    return { kind: 'ok' as const, tools };
  }
}

const LOOK = modelNameOf({ server: 'gcp', tool: 'look' });
const PAY = modelNameOf({ server: 'gcp', tool: 'pay' });

/** A model that looks once, or pays where the event says so, and then says which question it was asked. */
function listening(answer?: () => Promise<void>) {
  const questions: Question[] = [];
  const ask: AskModel = async (question) => {
    questions.push({ ...question, turns: [...question.turns] });
    await answer?.();
    const wantsCall = question.turns.length === 0;
    const [event = ''] = question.opening.split('The event:').slice(-1);
    const name = event.includes('please pay') ? PAY : LOOK;
    const calls = wantsCall ? [{ id: 'c', name, input: {} }] : [];
    const usage = { input: 1, output: 1, cached: 0 };
    return { text: wantsCall ? '' : `answer ${questions.length}`, calls, finish: wantsCall ? 'calls' : 'stop', usage };
  };
  const prices = { input: 0, output: 0, cached: 0 };
  const models: Models = new Map([['default', { ask, prices, maxOutputTokens: 100 }]]);
  const openings = () => questions.filter(({ turns }) => turns.length === 0).map(({ opening }) => opening);
  return { models, openings };
}

function startAgent(models: Models, options: object = {}): Promise<TestConsumer> {
  return start(stream, routes, new Cloud(() => ok({ balance: 42 })), { models, ...options });
}

const FIND_ALL = { maxFound: 50, maxScanned: 500, maxBytes: 1_000_000, maxMs: 5_000 };

const ask = (id: string, customer: string, words = `question ${id}`) =>
  post(stream, anEvent(id, 'asked', { customer, words }));

const memoryOf = async (name: string) => {
  const found = await getContext(stream, contextIdOf({ route: 'care', name }));
  return found?.memory as { events: number; turns: object[]; facts: { said: string }[] } | undefined;
};

describe('events of one context', () => {
  it('are remembered: the next one, on another consumer, sees what the one before has left', async () => {
    const { models, openings } = listening();
    const first = await startAgent(models);
    await untilState(stream, await ask('a', 'ada'), 'done');
    await first.stop();
    await startAgent(models);
    await untilState(stream, await ask('b', 'ada'), 'done');
    expect(openings()[0]).not.toContain('earlier events');
    expect(openings()[1]).toMatch(/earlier events of this context.*question a.*answer 2.*balance.*question b/s);
    expect(await memoryOf('ada')).toMatchObject({ events: 2, facts: [{ tool: 'gcp/look', said: '{"balance":42}' }] });
  });

  it('are hidden from those of another', async () => {
    const { models, openings } = listening();
    await startAgent(models);
    await untilState(stream, await ask('a', 'ada', 'my secret'), 'done');
    await untilState(stream, await ask('b', 'bob'), 'done');
    expect(openings()[1]).not.toContain('secret');
    expect(await memoryOf('bob')).toMatchObject({ events: 1 });
  });

  it('are worked on one at a time, in the order of their acceptance, while others go on', async () => {
    let working = 0;
    let most = 0;
    const { models, openings } = listening(async () => {
      working += 1;
      most = Math.max(most, working);
      await new Promise((resolve) => setTimeout(resolve, 20));
      working -= 1;
    });
    await startAgent(models, { concurrency: 1 });
    await startAgent(models, { concurrency: 1 });
    const refs: string[] = [];
    for (const id of ['1', '2', '3', '4', '5', '6']) refs.push(await ask(id, 'ada'));
    for (const ref of refs) await untilState(stream, ref, 'done');
    expect(most).toBe(1);
    const order = openings().map((opening) => /question (\d)[^"]*"[^"]*\}\n<\/data-\w+>$/.exec(opening)?.[1]);
    expect(order).toEqual(['1', '2', '3', '4', '5', '6']);
    expect(await memoryOf('ada')).toMatchObject({ events: 6 });
    const records = await Promise.all(refs.map((ref) => readRecord(stream, ref)));
    expect(records.map((record) => record?.deliveries[0]?.reason)).toEqual(refs.map(() => undefined));
  });

  it('wait without holding a place while one of them waits for a person', async () => {
    const { models } = listening();
    await startAgent(models, { concurrency: 2 });
    const paying = await ask('a', 'ada', 'please pay');
    const approval = await waitUntil(async () => (await listApprovals(stream, { limit: 1 }))?.items[0], 'it asks');
    const behind = await Promise.all(['b', 'c', 'd'].map((id) => ask(id, 'ada')));
    const isWaiting = async (ref: string) => (await readRecord(stream, ref))?.deliveries[0]?.waitsIn === 'ada';
    for (const ref of behind) await waitUntil(() => isWaiting(ref), `${ref} waits for its turn`);
    expect((await sampleStream(stream)).pending).toBe(0);
    await untilState(stream, await ask('e', 'bob'), 'done');
    await answerApproval(stream, approval, { approval: { action: 'accept' } });
    for (const ref of [paying, ...behind]) await untilState(stream, ref, 'done');
    expect(await memoryOf('ada')).toMatchObject({ events: 4 });
  });

  it('go on when the one before them is cancelled', async () => {
    const { models } = listening();
    await startAgent(models);
    const paying = await ask('a', 'ada', 'please pay');
    await waitUntil(async () => (await listApprovals(stream, { limit: 1 }))?.items[0], 'it asks');
    const behind = await ask('b', 'ada');
    await cancelEvent(stream, paying);
    await waitUntil(async () => (await readRecord(stream, behind))?.state === 'done', 'the next is done');
    expect(await memoryOf('ada')).toMatchObject({ events: 1 });
  });

  it('are remembered within a bound, can be listed, and are forgotten when somebody says so', async () => {
    const { models, openings } = listening();
    await startAgent(models);
    for (let n = 1; n <= 12; n += 1) await untilState(stream, await ask(`${n}`, 'ada', 'x'.repeat(5_000)), 'done');
    const id = contextIdOf({ route: 'care', name: 'ada' });
    const size = Buffer.byteLength((await stream.redis.hget(stream.keys.context(id), 'memory')) ?? '');
    expect(size).toBeLessThanOrEqual(4_096);
    expect(await stream.redis.pttl(stream.keys.context(id))).toBeGreaterThan(0);
    expect((await listContexts(stream, { limit: 10 }))?.items).toMatchObject([{ id, route: 'care', name: 'ada' }]);
    expect([await clearContext(stream, id), await clearContext(stream, id)]).toEqual([true, false]);
    expect(await getContext(stream, id)).toBeUndefined();
    await untilState(stream, await ask('after', 'ada'), 'done');
    expect(openings().at(-1)).not.toContain('earlier events');
  });
});

describe('what is remembered of an event from nobody who is known', () => {
  const emitting = (memory: string) =>
    someRoutes(`
routes:
  - id: care
    on: { type: asked }
    agent: { tools: ['gcp/*'], instructions: Help., approve: [gcp/none], afterOutside: never, context: data.customer, memory: ${memory} }
    emit: { type: answered, data: result }
    delivery: effectively-once
    idempotency: key
`);
  const keyed = (id: string, words: string) =>
    post(stream, withTrust(anEvent(id, 'asked', { customer: 'ada', words }), 'keyed'));
  const plain = (id: string) => post(stream, anEvent(id, 'asked', { customer: 'ada', words: 'of a stranger' }));
  const nextApproval = () =>
    waitUntil(async () => (await listApprovals(stream, { limit: 1 }))?.items[0], 'a person is asked');
  const trustsAfter = async () =>
    (await searchEvents(stream, { type: 'answered' }, FIND_ALL))?.items.map(
      ({ attributes }) => attributes.millracetrust ?? 'anonymous',
    );
  const look = async (memory: string) => {
    const { models } = listening();
    await start(stream, emitting(memory), new Cloud(() => ok({ balance: 42 })), { models });
    const first = await keyed('a', 'please pay');
    await untilState(stream, first, 'done');
    const stranger = await plain('b');
    await answerApproval(stream, await nextApproval(), { approval: { action: 'accept' } });
    await untilState(stream, stranger, 'done');
  };

  it('lowers the trust in the events after it, and in what follows from them, when the memory is forgotten meanwhile too', async () => {
    await look('{}');
    const after = await keyed('c', 'please pay');
    const approval = await nextApproval();
    await stream.redis.hdel(stream.keys.context(contextIdOf({ route: 'care', name: 'ada' })), 'memory');
    await answerApproval(stream, approval, { approval: { action: 'accept' } });
    await untilState(stream, after, 'done');
    expect(await trustsAfter()).toEqual(['anonymous', 'anonymous', 'keyed']);
    expect(await memoryOf('ada')).toMatchObject({ events: 1, origin: { trust: 'anonymous' } });
  });

  it('does not where the route trusts it', async () => {
    await look('{ trusted: true }');
    await untilState(stream, await keyed('c', 'please pay'), 'done');
    expect(await trustsAfter()).toEqual(['keyed', 'anonymous', 'keyed']);
    expect(await memoryOf('ada')).toMatchObject({ events: 3, origin: { trust: 'anonymous' } });
  });
});
