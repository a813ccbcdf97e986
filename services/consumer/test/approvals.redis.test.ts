import { describe, expect, it } from '@jest/globals';
import { type AskModel, ModelError, modelNameOf } from '@millrace/agent';
import { withTrust } from '@millrace/events';
import { NO_HINTS, ToolCallError, type ToolHints } from '@millrace/mcp-client';
import {
  type Approval,
  answerApproval,
  deliveryToJson,
  listApprovals,
  readRecord,
  sampleStream,
} from '@millrace/stream-client';
import { waitUntil } from '@millrace/testing';
import type { Models } from '../src/agents/models.js';
import { setStage, start, stream } from './stage.js';
import {
  anEvent,
  fails,
  ok,
  post,
  ScriptedTools,
  someRoutes,
  type TestConsumer,
  untilState,
} from './start-consuming.js';

setStage();

const routes = (more = '') =>
  someRoutes(`
routes:
  - id: triage
    on: { type: incident }
    agent: { tools: ['gcp/*'], instructions: Mend it.${more.includes('limits') ? '' : ', limits: { seconds: 5 }'}${more.includes('trust') ? more : `${more}, trust: anonymous`} }
    delivery: effectively-once
    retry: { attempts: 3, initial: 5ms, max: 20ms }
  - id: count
    on: { type: order.created }
    call: { server: aws, tool: count }
    with: '{}'
`);

const restart = (workload: string) => ({ name: modelNameOf({ server: 'gcp', tool: 'restart' }), input: { workload } });
const look = { name: modelNameOf({ server: 'gcp', tool: 'look' }), input: {} };

/** A model that asks for these calls, answer by answer, and then says what it was told last. */
function modelOf(...answers: readonly (readonly { readonly name: string; readonly input: object }[])[]): Models {
  const ask: AskModel = async ({ turns }) => {
    const calls = (answers[turns.length] ?? []).map((call, at) => ({ id: `${turns.length}-${at}`, ...call }));
    const text = calls.length > 0 ? '' : `heard: ${turns.at(-1)?.results.join('; ')}`;
    const usage = { input: 1, output: 1, cached: 0 };
    return { text, calls, finish: calls.length > 0 ? 'calls' : 'stop', usage };
  };
  const prices = { input: 0, output: 0, cached: 0 };
  return new Map([['default', { ask, prices, maxOutputTokens: 100 }]]);
}

const HARMLESS: ToolHints = { isReadOnly: true, isIdempotent: true, isDestructive: false, isOpenWorld: false };
const DESTRUCTIVE: ToolHints = { isReadOnly: false, isIdempotent: false, isDestructive: true, isOpenWorld: false };

/** Two tools of one trusted server: `look` reads, `restart` destroys. */
class Cloud extends ScriptedTools {
  readonly #hints: Readonly<Record<string, ToolHints>>;

  constructor(
    answer: ConstructorParameters<typeof ScriptedTools>[0],
    hints: { readonly look?: ToolHints; readonly restart?: ToolHints } = {},
  ) {
    super(answer);
    this.#hints = { look: HARMLESS, restart: DESTRUCTIVE, ...hints };
  }

  async listTools() {
    const tools = ['look', 'restart'].map((name) => ({ name, inputSchema: { type: 'object' } }));
    return { kind: 'ok' as const, tools };
  }

  async hintsOf(_server: string, tool: string): Promise<ToolHints> {
    return this.#hints[tool] ?? NO_HINTS;
  }

  get restarted(): readonly unknown[] {
    return this.calls.flatMap(({ tool, arguments: args }) => (tool === 'restart' ? [args.workload] : []));
  }
}

function startAgent(models: Models, cloud: Cloud, more = '', options: object = {}): Promise<TestConsumer> {
  return start(stream, routes(more), cloud, { models, ...options });
}

const incident = (id: string) => post(stream, anEvent(id, 'incident'));

function untilAsked(ref: string, step: string): Promise<Approval> {
  return waitUntil(async () => {
    const found = (await listApprovals(stream, { limit: 10 }))?.items.find((one) => one.ref === ref);
    return found?.asks.step === step && found;
  }, `${ref} asks in ${step}`);
}

const YES = { approval: { action: 'accept' } };
const NO = { approval: { action: 'decline', content: { reason: 'not today' } } };

describe('a call of an agent that a person has to approve', () => {
  it('is parked with its exact arguments, and made once by another consumer after a yes', async () => {
    const cloud = new Cloud(() => ok());
    const models = modelOf([look], [restart('web')]);
    const first = await startAgent(models, cloud);
    const ref = await incident('a');
    const approval = await untilAsked(ref, '1.0.approval');
    expect(approval.asks).toMatchObject({ server: 'gcp', tool: 'restart', arguments: { workload: 'web' } });
    expect(deliveryToJson(approval.delivery)).toMatchObject({
      state: 'parked',
      asks: { arguments: { workload: 'web' } },
    });
    expect(cloud.restarted).toEqual([]);
    await first.stop();
    await startAgent(models, cloud);
    expect(await answerApproval(stream, approval, YES)).toBe('answered');
    const [delivery] = (await untilState(stream, ref, 'done')).deliveries;
    expect(delivery?.result).toMatchObject({
      calls: [
        { tool: 'gcp/look', verdict: 'done' },
        { tool: 'gcp/restart', verdict: 'done', isApproved: true, waitedMs: expect.any(Number) },
      ],
    });
    expect(cloud.calls.map(({ tool }) => tool)).toEqual(['look', 'restart']);
  });

  it('is approved for these arguments and this once: others, and the same again, ask again', async () => {
    const cloud = new Cloud(() => ok());
    await startAgent(modelOf([restart('web')], [restart('db')], [restart('db')]), cloud);
    const ref = await incident('a');
    for (const [n, workload] of ['web', 'db', 'db'].entries()) {
      const approval = await untilAsked(ref, `${n}.0.approval`);
      expect([approval.asks.arguments, cloud.restarted.length]).toEqual([{ workload }, n]);
      await answerApproval(stream, approval, YES);
    }
    await untilState(stream, ref, 'done');
    expect(cloud.restarted).toEqual(['web', 'db', 'db']);
  });

  it('keeps the yes over a call that fails and is tried again', async () => {
    const cloud = new Cloud((_call, nth) => (nth === 1 ? fails('TOOL_UNREACHABLE', 'not-sent') : ok()));
    await startAgent(modelOf([restart('web')]), cloud);
    const ref = await incident('a');
    await answerApproval(stream, await untilAsked(ref, '0.0.approval'), YES);
    await untilState(stream, ref, 'done');
    expect(cloud.restarted).toEqual(['web', 'web']);
    expect((await sampleStream(stream)).parked).toBe(0);
  });

  it('may itself ask for something when it is made: the yes stands, and nobody is asked for it again', async () => {
    const wanted = { requests: { sure: { method: 'elicitation/create', params: { message: 'Sure?' } } } };
    const asks = new ToolCallError('TOOL_NEEDS_INPUT', 'needs-input', 'asks', { input: wanted });
    const facts = { durationMs: 1, dispatched: true };
    const cloud = new Cloud(({ input }) => (input === undefined ? { kind: 'failed', error: asks, facts } : ok(input)));
    await startAgent(modelOf([restart('web')]), cloud);
    const ref = await incident('a');
    await answerApproval(stream, await untilAsked(ref, '0.0.approval'), YES);
    await answerApproval(stream, await untilAsked(ref, '0.0/call'), { sure: { action: 'accept' } });
    const [delivery] = (await untilState(stream, ref, 'done')).deliveries;
    expect(delivery?.result).toMatchObject({ calls: [{ verdict: 'done', isApproved: true }] });
    expect(cloud.calls.map(({ input }) => input?.responses)).toEqual([undefined, { sure: { action: 'accept' } }]);
  });

  it('is not made after a no: the model is told, with the reason, and goes on', async () => {
    const cloud = new Cloud(() => ok());
    await startAgent(modelOf([restart('web')]), cloud);
    const ref = await incident('a');
    await answerApproval(stream, await untilAsked(ref, '0.0.approval'), NO);
    const [delivery] = (await untilState(stream, ref, 'done')).deliveries;
    expect(delivery?.result).toMatchObject({
      output: expect.stringContaining('not today'),
      calls: [{ tool: 'gcp/restart', verdict: 'declined' }],
    });
    expect(cloud.restarted).toEqual([]);
  });

  it('shows what the run has spent while it waits, and when it has come to nothing', async () => {
    const failing = modelOf([look], [restart('web')]).get('default');
    if (failing === undefined) throw new Error('there is a model');
    const prices = { input: 1_000_000, output: 0, cached: 0 };
    const ask: AskModel = async (question, signal) => {
      if (question.turns.length < 2) return failing.ask(question, signal);
      throw new ModelError('MODEL_SERVER_ERROR', 'unknown', 'the model is out');
    };
    await startAgent(
      new Map([['default', { ...failing, ask, prices }]]),
      new Cloud(() => ok()),
      ', limits: { cost: 100 }',
    );
    const ref = await incident('a');
    const approval = await untilAsked(ref, '1.0.approval');
    expect(approval.delivery.result).toMatchObject({ spent: { steps: 2, cost: 2 }, calls: [{ tool: 'gcp/look' }] });
    await answerApproval(stream, approval, YES);
    const [delivery] = (await untilState(stream, ref, 'dead')).deliveries;
    expect(delivery).toMatchObject({ reason: 'attempts-exhausted', error: { code: 'MODEL_SERVER_ERROR' } });
    expect(delivery?.result).toMatchObject({ spent: { steps: 2, calls: 2, input: 2, cost: 2 } });
  });

  it('ends the delivery as declined where the route says so', async () => {
    const cloud = new Cloud(() => ok());
    await startAgent(modelOf([restart('web')]), cloud, ', onDeclined: stop');
    const ref = await incident('a');
    await answerApproval(stream, await untilAsked(ref, '0.0.approval'), NO);
    const [delivery] = (await untilState(stream, ref, 'dead')).deliveries;
    expect(delivery).toMatchObject({ reason: 'given-up', error: { code: 'APPROVAL_DECLINED' } });
    expect(delivery?.result).toMatchObject({
      spent: { steps: 1, calls: 1, input: 1 },
      calls: [{ verdict: 'declined' }],
    });
    expect(cloud.restarted).toEqual([]);
  });

  it('expires when nobody answers, which is not a no', async () => {
    const cloud = new Cloud(() => ok());
    await startAgent(modelOf([restart('web')]), cloud, '', { maxParkedMs: 50 });
    const { deliveries } = await untilState(stream, await incident('a'), 'expired');
    expect(deliveries).toMatchObject([{ state: 'expired', reason: 'approval-expired' }]);
    expect(cloud.restarted).toEqual([]);
  });

  it('waits longer than the limit of time, and that is no offence', async () => {
    const cloud = new Cloud(() => ok());
    await startAgent(modelOf([restart('web')]), cloud);
    const ref = await incident('a');
    const approval = await untilAsked(ref, '0.0.approval');
    // As if it had been asked an hour ago: the run began as long ago.
    await backdate(ref, 3_600_000);
    await answerApproval(stream, approval, YES);
    const [delivery] = (await untilState(stream, ref, 'done')).deliveries;
    expect(delivery?.result).toMatchObject({ calls: [{ verdict: 'done', isApproved: true }] });
  });
});

describe('an event from nobody who is known', () => {
  it('has all that changes something approved, where the route wants a key: nothing else is asked about', async () => {
    const cloud = new Cloud(() => ok(), { restart: { ...DESTRUCTIVE, isDestructive: false } });
    await startAgent(modelOf([look], [restart('web')]), cloud, ', trust: keyed');
    const trusted = await post(stream, withTrust(anEvent('keyed', 'incident'), 'keyed'));
    await untilState(stream, trusted, 'done');
    expect(cloud.restarted).toEqual(['web']);
    const approval = await untilAsked(await incident('anonymous'), '1.0.approval');
    expect(approval.asks.requests).toMatchObject({
      approval: { params: { message: expect.stringContaining('nobody knows whom the event is from') } },
    });
    expect(cloud.restarted).toEqual(['web']);
  });
});

describe('a tool that reaches outside', () => {
  it('has what destroys approved after it has answered, though the route approves of it otherwise', async () => {
    const cloud = new Cloud(() => ok(), { look: { ...HARMLESS, isOpenWorld: true } });
    await startAgent(modelOf([restart('before')], [look], [restart('after')]), cloud, ', approve: never');
    const ref = await incident('a');
    const approval = await untilAsked(ref, '2.0.approval');
    expect(cloud.restarted).toEqual(['before']);
    await answerApproval(stream, approval, YES);
    await untilState(stream, ref, 'done');
    expect(cloud.restarted).toEqual(['before', 'after']);
  });
});

describe('a hundred deliveries that wait for a person', () => {
  it('hold no place: others are carried out meanwhile', async () => {
    const cloud = new Cloud(() => ok());
    await startAgent(modelOf([restart('web')]), cloud, '', { concurrency: 4 });
    await Promise.all(Array.from({ length: 100 }, (_, n) => incident(`waits-${n}`)));
    const parked = async () => (await sampleStream(stream)).parked === 100;
    await waitUntil(parked, 'all of them are parked');
    expect(await sampleStream(stream)).toMatchObject({ pending: 0, backlog: 100 });
    const refs = await Promise.all(Array.from({ length: 20 }, (_, n) => post(stream, anEvent(`order-${n}`))));
    for (const ref of refs) await untilState(stream, ref, 'done');
    expect(cloud.restarted).toEqual([]);
  });
});

/** Moves the beginning of a run and its question into the past. */
async function backdate(ref: string, byMs: number): Promise<void> {
  const { redis, keys } = stream;
  const key = keys.record(ref);
  const [start, detail] = await redis.hmget(key, 'effect:triage:start', 'detail:triage');
  const effect = JSON.parse(start ?? '') as { result: { startedAt: number } };
  effect.result.startedAt -= byMs;
  const asked = JSON.parse(detail ?? '') as { asks: { askedAt: number } };
  asked.asks.askedAt -= byMs;
  await redis.hset(key, 'effect:triage:start', JSON.stringify(effect), 'detail:triage', JSON.stringify(asked));
  expect((await readRecord(stream, ref))?.deliveries[0]?.input?.asks.askedAt).toBe(asked.asks.askedAt);
}
