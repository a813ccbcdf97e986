import { describe, expect, it } from '@jest/globals';
import { CompletedCalls } from '../src/completed-calls.js';
import type { FaultRule } from '../src/faults.js';
import { readToolCall } from '../src/tool-call.js';
import { ToolRunner } from '../src/tool-runner.js';
import { toolsOf } from '../src/tools.js';

const tools = toolsOf('azure');

function setUp(written: () => Promise<void> = async () => {}) {
  const effects: string[] = [];
  const witness = { recordEffect: ({ eventId }: { eventId: string }) => effects.push(eventId), written };
  const stopping = new AbortController();
  const runner = new ToolRunner(witness, new CompletedCalls(), stopping.signal);
  const call = async (name: string, args: Record<string, unknown>, fault?: FaultRule) => {
    const tool = tools.find((candidate) => candidate.name === name);
    const toolCall = readToolCall({ method: 'tools/call', params: { name, arguments: args } }, new Set([name]));
    if (tool === undefined || toolCall === undefined) throw new Error('no such call');
    return runner.within({ call: toolCall, requestN: 1, fault }, () => runner.run(tool, args));
  };
  return { call, effects, stopping };
}

const CHARGE = { eventId: 'e-1', orderId: 'o-1', total: 10 };

describe('ToolRunner', () => {
  it('answers only after the effect is written', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { call, effects } = setUp(() => promise);
    let answered = false;
    const answering = call('card.charge', CHARGE).then(() => (answered = true));
    await new Promise((tick) => setImmediate(tick));
    expect([effects, answered]).toEqual([['e-1'], false]);
    resolve();
    await answering;
  });

  it('rejects when the witness cannot be written', async () => {
    const { call } = setUp(() => Promise.reject(new Error('disk full')));
    await expect(call('card.charge', CHARGE)).rejects.toThrow('disk full');
  });

  it('performs two concurrent calls with one key once', async () => {
    const { call, effects } = setUp();
    const keyed = { ...CHARGE, idempotencyKey: 'k' };
    const [first, second] = await Promise.all([call('card.charge', keyed), call('card.charge', keyed)]);
    expect(second).toEqual(first);
    expect(effects).toEqual(['e-1']);
  });

  it('repeats a refusal under its key', async () => {
    const { call, effects } = setUp();
    const keyed = { ...CHARGE, total: 60_000, idempotencyKey: 'k' };
    expect((await call('card.charge', keyed)).isError).toBe(true);
    expect((await call('card.charge', keyed)).isError).toBe(true);
    expect(effects).toEqual([]);
  });

  it('performs every call of a tool that takes no key', async () => {
    const { call, effects } = setUp();
    const restart = { eventId: 'e-1', workload: 'web', idempotencyKey: 'k' };
    await call('workload.restart', restart);
    await call('workload.restart', restart);
    expect(effects).toEqual(['e-1', 'e-1']);
  });

  it('answers isError without an effect or a memory of it when the fault says so', async () => {
    const { call, effects } = setUp();
    const keyed = { ...CHARGE, idempotencyKey: 'k' };
    expect((await call('card.charge', keyed, { kind: 'error' })).isError).toBe(true);
    expect(effects).toEqual([]);
    expect((await call('card.charge', keyed)).isError).toBeUndefined();
  });

  it('ends a delay when the process stops', async () => {
    const { call, stopping } = setUp();
    const delayed = call('card.charge', CHARGE, { kind: 'delay', delayMs: 600_000 });
    stopping.abort();
    expect((await delayed).isError).toBeUndefined();
  });
});
