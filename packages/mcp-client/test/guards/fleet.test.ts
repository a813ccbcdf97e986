import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { type CallOutcome, createToolCaller, Fleet, type ServerSettings, type ToolCall } from '@millrace/mcp-client';
import { answer, type RawCall, said, serveCalls, type TestServer, waitUntil } from '@millrace/testing';
import { RetryBudget } from '../../src/guards/retry-budget.js';

const servers: TestServer[] = [];
const closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  jest.useRealTimers();
  for (const close of closing.splice(0)) await close();
  for (const server of servers.splice(0)) await server.kill();
});

const never = new AbortController().signal;
const call: ToolCall = { server: 'shop', tool: 'echo', arguments: {}, idempotencyKey: 'k', timeoutMs: 20_000 };

async function start(onCall: (call: RawCall) => void): Promise<TestServer> {
  const server = await serveCalls(onCall);
  servers.push(server);
  return server;
}

function callerFor(server: TestServer, fleet: Fleet, settings: Partial<ServerSettings> = {}) {
  const caller = createToolCaller([{ name: 'shop', url: server.url, privateAddresses: true, ...settings }], { fleet });
  closing.push(() => caller.close());
  return caller;
}

const codeOf = (outcome: CallOutcome) => (outcome.kind === 'ok' ? 'ok' : outcome.error.code);

describe('a server that fails every call', () => {
  it('is sent five of them, then one probe at a time, and is called again once a probe is answered', async () => {
    let nowMs = 0;
    let isDown = true;
    let seen = 0;
    const server = await start(({ response, message }) => {
      seen += 1;
      if (isDown) response.writeHead(500).end();
      else answer(response, said(message, 'back'));
    });
    const fleet = new Fleet({ now: () => nowMs, random: () => 0.5 });
    const caller = callerFor(server, fleet);
    const codes: string[] = [];
    for (let n = 0; n < 20; n++) codes.push(codeOf(await caller.call(call, never)));
    expect(codes).toEqual([...Array(5).fill('TOOL_SERVER_ERROR'), ...Array(15).fill('TOOL_WAITING_OUT')]);
    expect(fleet.states()).toEqual([{ name: 'shop', breaker: 'open', calls: 0 }]);
    nowMs += 1_000;
    await Promise.all(Array.from({ length: 20 }, () => caller.call(call, never)));
    expect(seen).toBe(6);
    isDown = false;
    nowMs += 2_000;
    expect(codeOf(await caller.call(call, never))).toBe('ok');
    expect(codeOf(await caller.call(call, never))).toBe('ok');
    expect(fleet.states()).toEqual([{ name: 'shop', breaker: 'closed', calls: 0 }]);
  });

  it('is sent no more of those that waited for their slot than the breaker allows', async () => {
    let seen = 0;
    const server = await start(({ response }) => {
      seen += 1;
      response.writeHead(500).end();
    });
    const fleet = new Fleet({ now: () => 0, random: () => 0.5 });
    const caller = callerFor(server, fleet, { maxConcurrency: 1 });
    const outcomes = await Promise.all(Array.from({ length: 12 }, () => caller.call(call, never)));
    expect(seen).toBe(5);
    expect(outcomes.slice(5).map(codeOf)).toEqual(Array(7).fill('TOOL_WAITING_OUT'));
    expect(fleet.states()).toEqual([{ name: 'shop', breaker: 'open', calls: 0 }]);
  });

  it('keeps what is known about it when its settings change', async () => {
    const server = await start(({ response }) => void response.writeHead(500).end());
    const fleet = new Fleet();
    const first = callerFor(server, fleet);
    for (let n = 0; n < 5; n++) await first.call(call, never);
    const second = callerFor(server, fleet, { maxConcurrency: 2 });
    await first.close();
    expect(codeOf(await second.call(call, never))).toBe('TOOL_WAITING_OUT');
  });
});

describe('a server that asks to be left alone', () => {
  it('is left alone by every call, for as long', async () => {
    let nowMs = 0;
    let seen = 0;
    const server = await start(({ response, message }) => {
      seen += 1;
      if (seen === 1) response.writeHead(429, { 'retry-after': '5' }).end();
      else answer(response, said(message, 'hello'));
    });
    const caller = callerFor(server, new Fleet({ now: () => nowMs }));
    expect(codeOf(await caller.call(call, never))).toBe('TOOL_THROTTLED');
    nowMs += 4_999;
    const outcome = await caller.call(call, never);
    expect(outcome).toMatchObject({ error: { code: 'TOOL_WAITING_OUT', class: 'not-sent', retryable: true } });
    nowMs += 1;
    expect(codeOf(await caller.call(call, never))).toBe('ok');
    expect(seen).toBe(2);
  });
});

describe('retries', () => {
  it('stop when half of all calls fail, but for one a second; first attempts go on', async () => {
    let seen = 0;
    const server = await start(({ response, message }) => {
      seen += 1;
      if (seen % 2 === 0) response.writeHead(500).end();
      else answer(response, said(message, 'hello'));
    });
    const caller = callerFor(server, new Fleet({ now: () => 0 }), { breaker: false });
    for (let n = 0; n < 400; n++) await caller.call(call, never);
    expect(seen).toBe(400);
    const retries = await Promise.all(Array.from({ length: 50 }, () => caller.call({ ...call, isRetry: true }, never)));
    expect(seen).toBe(401);
    const withheld = retries.filter((outcome) => codeOf(outcome) === 'TOOL_WAITING_OUT');
    expect(withheld).toHaveLength(49);
    expect(codeOf(await caller.call(call, never))).not.toBe('TOOL_WAITING_OUT');
  });

  it('are let out again as calls succeed', () => {
    const budget = new RetryBudget(() => 0);
    for (let n = 0; n < 100; n++) budget.note('bad');
    expect([budget.allows(), budget.allows()]).toEqual([true, false]);
    for (let n = 0; n < 101; n++) budget.note('good');
    expect(budget.allows()).toBe(true);
  });
});

describe('a server that never answers', () => {
  it('takes no more than half of the places, and turns the rest away unsent, after a moment', async () => {
    let arrived = 0;
    const [silent, lively] = await Promise.all([
      start(() => {
        arrived += 1;
      }),
      start(({ response, message }) => answer(response, said(message, 'hello'))),
    ]);
    const fleet = new Fleet({ places: 16 });
    const caller = callerFor(silent, fleet, { maxConcurrency: 4 });
    const other = createToolCaller([{ name: 'other', url: lively.url, privateAddresses: true }], { fleet });
    closing.push(() => other.close());
    const hopeless = new AbortController();
    const stuck = Array.from({ length: 8 }, () => caller.call(call, hopeless.signal));
    await waitUntil(() => arrived === 4, 'its slots are taken');
    expect(await caller.call(call, never)).toMatchObject({ error: { code: 'TOOL_BUSY', class: 'not-sent' } });
    expect(codeOf(await other.call({ ...call, server: 'other' }, never))).toBe('ok');
    hopeless.abort();
    await Promise.all(stuck);
    expect(fleet.states().map(({ calls }) => calls)).toEqual([0, 0]);
  });
});

describe('a server that answers, and is sent more than its share', () => {
  it('is sent all of it in turn: nothing is turned away', async () => {
    let seen = 0;
    let most = 0;
    const held: RawCall[] = [];
    const answerFirst = () => {
      const first = held.shift();
      if (first !== undefined) answer(first.response, said(first.message, 'hello'));
    };
    // Its share are eight calls at once: the first of them is answered once there are as many, the last ones when all have come.
    const server = await start((one) => {
      seen += 1;
      most = Math.max(most, held.push(one));
      if (seen === 32) while (held.length > 0) answerFirst();
      else if (held.length >= 8) answerFirst();
    });
    const fleet = new Fleet({ places: 16, now: () => 0 });
    const caller = callerFor(server, fleet, { maxConcurrency: 64 });
    const idle = createToolCaller([{ name: 'other', url: server.url, privateAddresses: true }], { fleet });
    closing.push(() => idle.close());
    // However slow the machine, no call gives up waiting.
    jest.useFakeTimers({ doNotFake: ['nextTick', 'performance', 'queueMicrotask', 'setImmediate', 'setInterval'] });
    const outcomes = await Promise.all(Array.from({ length: 32 }, () => caller.call(call, never)));
    expect(outcomes.filter(({ kind }) => kind === 'ok')).toHaveLength(32);
    expect(most).toBeLessThanOrEqual(8);
  });
});

describe('a rate', () => {
  it('is asked for each call; one that would wait for long is not sent, and none when nobody can tell', async () => {
    const server = await start(({ response, message }) => answer(response, said(message, 'hello')));
    const asked: unknown[] = [];
    const turns = [{ waitMs: 0 }, { retryAfterMs: 1_234 }];
    const rates = {
      take: async (...args: unknown[]) => {
        asked.push(args);
        const turn = turns.shift();
        if (turn === undefined) throw new Error('Redis is away');
        return turn;
      },
    };
    const rate = { calls: 10, perMs: 1_000, burst: 1 };
    const caller = callerFor(server, new Fleet({ rates }), { rate });
    expect(codeOf(await caller.call(call, never))).toBe('ok');
    expect(await caller.call(call, never)).toMatchObject({
      error: { code: 'TOOL_RATE_LIMITED', class: 'not-sent', retryAfterMs: 1_234 },
    });
    expect(await caller.call(call, never)).toMatchObject({ error: { code: 'TOOL_RATE_LIMITED', class: 'not-sent' } });
    expect(asked[0]).toEqual(['shop', rate, 250]);
  });
});

describe('a server that is paused', () => {
  it('gets no call, not even one that has waited for its slot, while those under way end', async () => {
    let isPaused = false;
    const waiting: RawCall[] = [];
    const server = await start((one) => void waiting.push(one));
    const withheld: string[] = [];
    const observer = { breakerChanged: () => {}, withheld: (_server: string, reason: string) => withheld.push(reason) };
    const caller = callerFor(server, new Fleet({ isPaused: () => isPaused, observer }), { maxConcurrency: 1 });
    const underWay = caller.call(call, never);
    await waitUntil(() => waiting.length === 1, 'the first is under way');
    const inLine = caller.call(call, never);
    isPaused = true;
    const late = await caller.call(call, never);
    expect(late).toMatchObject({
      kind: 'failed',
      error: { code: 'SERVER_PAUSED', class: 'not-sent', retryable: true },
    });
    for (const { response, message } of waiting) answer(response, said(message, 'done'));
    expect([codeOf(await underWay), codeOf(await inLine)]).toEqual(['ok', 'SERVER_PAUSED']);
    expect([waiting.length, withheld]).toEqual([1, ['pause', 'pause']]);
    isPaused = false;
    const again = caller.call(call, never);
    await waitUntil(() => waiting.length === 2, 'it is called again');
    for (const { response, message } of waiting.slice(1)) answer(response, said(message, 'done'));
    expect(codeOf(await again)).toBe('ok');
  });
});
