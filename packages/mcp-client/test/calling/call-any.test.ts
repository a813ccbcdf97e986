import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from '@jest/globals';
import {
  type AnyCall,
  type CallOutcome,
  callAny,
  createToolCaller,
  Fleet,
  type ServerSettings,
} from '@millrace/mcp-client';
import {
  answer,
  freePort,
  type RawCall,
  type RpcRequest,
  said,
  serveCalls,
  type TestServer,
  waitUntil,
} from '@millrace/testing';

const closing: (() => Promise<void>)[] = [];
const never = new AbortController().signal;

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

type Behaviour = (call: RawCall, nth: number) => void;
const says =
  (words: string): Behaviour =>
  ({ response, message }) =>
    answer(response, said(message, words));
const hangs: Behaviour = () => {};
const hangsAfterOne: Behaviour = (call, nth) => {
  if (nth === 1) says('hello')(call, nth);
};
const answersStatus =
  (status: number, headers = {}): Behaviour =>
  ({ response }) =>
    void response.writeHead(status, headers).end();

function listNoTools({ method, id }: RpcRequest, response: ServerResponse): void {
  if (method === 'tools/list') answer(response, { jsonrpc: '2.0', id, result: { tools: [] } });
}

/** Servers by name, and how often each was called. One without a behaviour is not there at all. */
async function startServers(
  behaviours: Record<string, Behaviour | undefined>,
  settings: Partial<ServerSettings> | ((name: string) => Partial<ServerSettings>) = {},
  fleetOptions: ConstructorParameters<typeof Fleet>[0] = {},
) {
  const calls: Record<string, number> = {};
  const fleet = new Fleet(fleetOptions);
  const configured: ServerSettings[] = [];
  const running = new Map<string, TestServer>();
  for (const [name, behaviour] of Object.entries(behaviours)) {
    calls[name] = 0;
    let url = `http://127.0.0.1:${await freePort()}/mcp`;
    if (behaviour !== undefined) {
      const server = await serveCalls((call) => {
        calls[name] = (calls[name] ?? 0) + 1;
        behaviour(call, calls[name]);
      }, listNoTools);
      running.set(name, server);
      closing.push(() => server.kill());
      url = server.url;
    }
    const own = typeof settings === 'function' ? settings(name) : settings;
    configured.push({ name, url, privateAddresses: true, ...own });
  }
  const tools = createToolCaller(configured, { fleet });
  closing.push(() => tools.close());
  const ask = async (call: Partial<AnyCall> = {}) => {
    const whole = { servers: Object.keys(behaviours), tool: 'echo', arguments: {}, idempotencyKey: 'k' };
    return callAny({ ...whole, timeoutMs: 20_000, failover: 'not-done', ...call }, { tools, fleet }, never);
  };
  return { ask, calls, fleet, tools, running };
}

const summaryOf = (tried: readonly { server: string; outcome: CallOutcome }[]) =>
  tried.map(({ server, outcome }) => `${server} ${outcome.kind === 'ok' ? 'ok' : outcome.error.class}`);

describe('callAny', () => {
  it('asks a server that is paused last, and so not at all while another answers', async () => {
    const { ask, calls } = await startServers({ a: says('a'), b: says('b') }, {}, { isPaused: (name) => name === 'a' });
    expect(summaryOf(await ask())).toEqual(['b ok']);
    expect(calls).toEqual({ a: 0, b: 1 });
  });

  it('calls the first server, and no other while that one answers', async () => {
    const { ask, calls } = await startServers({ aws: says('hello'), gcp: says('hi') });
    expect(summaryOf(await ask())).toEqual(['aws ok']);
    expect(calls).toEqual({ aws: 1, gcp: 0 });
  });

  it.each([
    ['is not there', undefined, 'not-sent'],
    ['turns the call away', answersStatus(429), 'refused'],
    ['refuses the credentials', answersStatus(401), 'refused'],
  ] as const)('goes on to the next when the first %s, whatever the tool does', async (_what, first, callClass) => {
    const { ask } = await startServers({ aws: first, gcp: says('hi') });
    expect(summaryOf(await ask())).toEqual([`aws ${callClass}`, 'gcp ok']);
  });

  it('goes on after an unknown outcome for a tool that only reads, and never for another', async () => {
    const { ask, calls } = await startServers({ aws: answersStatus(500), gcp: says('hi') });
    expect(summaryOf(await ask())).toEqual(['aws unknown']);
    expect(calls.gcp).toBe(0);
    expect(summaryOf(await ask({ failover: 'any' }))).toEqual(['aws unknown', 'gcp ok']);
  });

  it('never goes on after a call that was sent, where that is all that the promise allows', async () => {
    const { ask, calls } = await startServers({ aws: answersStatus(429), gcp: says('hi') });
    expect(summaryOf(await ask({ failover: 'not-sent' }))).toEqual(['aws refused']);
    expect(calls.gcp).toBe(0);
  });

  it('keeps to the call’s time over all servers together', async () => {
    const { ask, calls } = await startServers({ aws: hangsAfterOne, gcp: says('hi') });
    // What it takes to begin with a server is no part of the time that is looked at.
    await ask();
    expect(summaryOf(await ask({ failover: 'any', timeoutMs: 1_000 }))).toEqual(['aws unknown']);
    expect(calls.gcp).toBe(0);
  });

  it('leaves time for the next where the first server may be silent for less', async () => {
    const settings = (name: string) => (name === 'aws' ? { attemptTimeoutMs: 1_000 } : {});
    const { ask, calls } = await startServers({ aws: hangsAfterOne, gcp: says('hi') }, settings);
    await waitUntil(async () => (await ask()) && calls.aws === 1, 'the first server has been called');
    expect(summaryOf(await ask({ failover: 'any' }))).toEqual(['aws unknown', 'gcp ok']);
  });

  it('asks about each server before it sends, by its name', async () => {
    const asked: string[] = [];
    const { ask } = await startServers({ aws: answersStatus(429), gcp: says('hi') });
    const beforeSend = async (server: string) => {
      asked.push(server);
      return true;
    };
    await ask({ beforeSend });
    expect(asked).toEqual(['aws', 'gcp']);
  });

  it('avoids a server whose breaker is open, and finds it again without a call that has to wait for it', async () => {
    let nowMs = 0;
    let isDown = true;
    const moody: Behaviour = (call) => (isDown ? answersStatus(500) : says('back'))(call, 0);
    const { ask, calls, fleet } = await startServers(
      { aws: moody, gcp: says('hi') },
      {},
      { now: () => nowMs, random: () => 0.5 },
    );
    for (let n = 0; n < 5; n++) await ask({ failover: 'any' });
    expect(calls).toEqual({ aws: 5, gcp: 5 });
    nowMs += 1_000;
    isDown = false;
    await waitUntil(async () => {
      await ask({ failover: 'any' });
      return fleet.states().every(({ breaker }) => breaker === 'closed');
    }, 'the breaker is closed');
    const before = calls.gcp;
    expect(summaryOf(await ask())).toEqual(['aws ok']);
    expect(calls.gcp).toBe(before);
  });
});

describe('callAny, hedged', () => {
  const read = { failover: 'any', hedge: { afterMs: 50 } } as const;

  it('asks a second server when the first takes its time, and takes the first answer', async () => {
    const { ask, calls, fleet } = await startServers({ aws: hangsAfterOne, gcp: says('hi') });
    await ask();
    expect(summaryOf(await ask(read))).toEqual(['gcp ok']);
    expect(calls).toEqual({ aws: 2, gcp: 1 });
    await waitUntil(() => fleet.states().every((one) => one.calls === 0), 'the other call is over');
    expect(fleet.states().map(({ breaker }) => breaker)).toEqual(['closed', 'closed']);
  });

  it('asks nobody else when the first answers in time, nor for a tool that does more than read', async () => {
    const { ask, calls } = await startServers({ aws: says('hello'), gcp: says('hi') });
    await ask({ failover: 'any', hedge: { afterMs: 10_000 } });
    await ask({ failover: 'not-done', hedge: { afterMs: 0 } });
    expect(calls).toEqual({ aws: 2, gcp: 0 });
  });

  it('waits for as long as most calls take, once it knows how long that is', async () => {
    const { ask, calls, fleet } = await startServers({
      aws: (call, nth) => (nth <= 20 ? says('hello') : hangs)(call, nth),
      gcp: says('hi'),
    });
    const byPercentile = { failover: 'any', hedge: { percentile: 0.95 } } as const;
    for (let n = 0; n < 20; n++) await ask(byPercentile);
    expect(calls).toEqual({ aws: 20, gcp: 0 });
    expect(fleet.percentileMs('aws', 'echo', 0.95)).toBeGreaterThan(0);
    expect(summaryOf(await ask(byPercentile))).toEqual(['gcp ok']);
  });
});
