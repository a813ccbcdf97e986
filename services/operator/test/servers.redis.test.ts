import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  announceConfiguration,
  bucketOf,
  createGroup,
  GROUP,
  noteCalls,
  publishServers,
  publishTools,
  type ToolReport,
  takeToolsWanted,
} from '@millrace/stream-client';
import { type RedisServer, startRedisServer } from '@millrace/testing';
import { openTestOperator } from './open-test-operator.js';

let redis: RedisServer;
let operator: Awaited<ReturnType<typeof openTestOperator>>;
let nowMs: number;

beforeAll(async () => {
  redis = await startRedisServer();
  operator = await openTestOperator(redis.url, {}, {}, () => nowMs);
});

afterAll(async () => {
  await operator.close();
  await redis.stop();
});

beforeEach(async () => {
  nowMs = Date.now();
  await operator.stream.redis.flushall();
  await createGroup(operator.stream);
  await announceConfiguration(operator.stream, { version: 'v', routes: [], servers: ['aws', 'gcp'] });
});

const get = (url: string) => operator.app.inject({ method: 'GET', url });

function tookMs(tool: string, durationMs: number, ended: number, failed = 0): ToolReport {
  return { tool, ended, failed, times: [[bucketOf(durationMs), ended]] };
}

describe('GET /v1/servers', () => {
  it('shows how the calls of the last minute went, of all consumers together, per server and tool, the slowest first', async () => {
    const { stream } = operator;
    for (const name of ['c1', 'c2']) {
      await stream.redis.xgroup('CREATECONSUMER', stream.keys.events, GROUP, name);
    }
    const own = { name: 'aws', breaker: 'closed', calls: 0 } as const;
    await publishServers(stream, 'c1', [{ ...own, tools: [tookMs('quick', 10, 90), tookMs('slow', 2_000, 4, 4)] }]);
    // As a consumer of an earlier release tells it, and one that has seen the same tool.
    await publishServers(stream, 'c2', [
      { ...own, tools: [tookMs('slow', 2_000, 6)] },
      { ...own, name: 'gcp' },
    ]);
    const [aws, gcp] = (await get('/v1/servers')).json().items;
    expect(aws.lastMinute).toMatchObject({ calls: 100, failed: 4, failedShare: 0.04 });
    expect(aws.tools).toMatchObject([
      { tool: 'slow', calls: 10, failed: 4, failedShare: 0.4 },
      { tool: 'quick', calls: 90, failed: 0, failedShare: 0 },
    ]);
    expect(aws.lastMinute.p50Ms).toBeGreaterThan(9);
    expect(aws.lastMinute.p50Ms).toBeLessThan(11);
    expect(aws.lastMinute.p95Ms).toBeGreaterThan(1_900);
    expect(gcp).toMatchObject({ lastMinute: { calls: 0, p95Ms: null }, tools: [] });
  });
});

describe('GET /v1/servers/{name}/calls', () => {
  it('lists the last calls, the latest first, by page, by tool, and those that failed', async () => {
    const at = (agoMs: number) => new Date(nowMs - agoMs);
    const call = { route: 'score', ref: '0-1-0', attempt: 1, durationMs: 3, consumer: 'c1' };
    await noteCalls(operator.stream, 'aws', [
      { ...call, at: at(3_000), tool: 'a', outcome: 'done' },
      { ...call, at: at(2_000), tool: 'b', outcome: 'done' },
      { ...call, at: at(1_000), tool: 'b', outcome: 'unknown', code: 'TOOL_TIMEOUT' },
    ]);
    const first = (await get('/v1/servers/aws/calls?limit=2')).json();
    expect(first.items).toMatchObject([{ outcome: 'unknown', code: 'TOOL_TIMEOUT' }, { tool: 'b' }]);
    expect((await get(`/v1/servers/aws/calls?cursor=${first.next}`)).json()).toEqual({
      items: [{ ...call, at: at(3_000).toISOString(), tool: 'a', outcome: 'done' }],
    });
    expect((await get('/v1/servers/aws/calls?outcome=failed')).json().items).toHaveLength(1);
    expect((await get('/v1/servers/aws/calls?tool=b&outcome=done')).json().items).toHaveLength(1);
  });

  it('refuses a server that nobody has announced, a cursor that is none, and a condition that it does not know', async () => {
    expect((await get('/v1/servers/no/calls')).json()).toMatchObject({ status: 404, code: 'SERVER_NOT_FOUND' });
    expect((await get('/v1/servers/aws/calls?cursor=x')).json()).toMatchObject({ status: 400, code: 'CURSOR_INVALID' });
    expect((await get('/v1/servers/aws/calls?outcome=odd')).json()).toMatchObject({ status: 400 });
  });
});

describe('GET /v1/servers/{name}/tools', () => {
  it('has a consumer ask the server, once a minute at most, and shows what is known meanwhile', async () => {
    const { stream } = operator;
    expect((await get('/v1/servers/aws/tools')).json()).toEqual({
      listedAt: null,
      isAsked: true,
      isTrusted: null,
      items: [],
    });
    await get('/v1/servers/aws/tools');
    expect(await takeToolsWanted(stream, 8)).toEqual(['aws']);
    const askedAt = new Date(nowMs).toISOString();
    const tool = { name: 'risk.score', digest: 'd', pin: 'changed', changedAt: askedAt } as const;
    await publishTools(stream, 'aws', { listedAt: askedAt, askedAt, consumer: 'c1', isTrusted: true, tools: [tool] });
    const known = { listedAt: askedAt, isTrusted: true, items: [tool] };
    expect((await get('/v1/servers/aws/tools')).json()).toEqual({ ...known, isAsked: false });
    expect(await takeToolsWanted(stream, 8)).toEqual([]);
    nowMs += 61_000;
    expect((await get('/v1/servers/aws/tools')).json()).toEqual({ ...known, isAsked: true });
    expect(await takeToolsWanted(stream, 8)).toEqual(['aws']);
  });

  it('refuses a server that nobody has announced, and has nobody asked', async () => {
    expect((await get('/v1/servers/no/tools')).json()).toMatchObject({ status: 404, code: 'SERVER_NOT_FOUND' });
    expect(await takeToolsWanted(operator.stream, 8)).toEqual([]);
  });
});
