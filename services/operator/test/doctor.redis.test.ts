import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { runCli } from '@millrace/cli';
import { createGroup, GROUP, pause, publishServers, resume } from '@millrace/stream-client';
import { freePort, type RedisServer, startRedisServer } from '@millrace/testing';
import { makeDeadLetter, openTestOperator } from './open-test-operator.js';

const ROUTES = 'routes:\n  - { id: audit, on: { all: [] }, call: { server: aws, tool: t }, with: "{}" }\n';
const SERVERS = 'servers:\n  aws:\n    url: http://127.0.0.1:4001/mcp\n    privateAddresses: true\n';
const KEY = 'operator-key';

let redis: RedisServer;
let operator: Awaited<ReturnType<typeof openTestOperator>>;
let url: string;
let configDir: string;
let driftMs = 0;

beforeAll(async () => {
  configDir = await mkdtemp(join(tmpdir(), 'doctor-'));
  await writeFile(join(configDir, 'routes.yaml'), ROUTES);
  await writeFile(join(configDir, 'servers.yaml'), SERVERS);
  redis = await startRedisServer();
  operator = await openTestOperator(redis.url, { key: KEY }, {}, () => Date.now() + driftMs);
  await operator.app.listen({ port: 0 });
  url = `http://127.0.0.1:${(operator.app.server.address() as AddressInfo).port}`;
});

afterAll(async () => {
  operator.app.server.closeAllConnections();
  await operator.close();
  await redis.stop();
  await rm(configDir, { recursive: true });
});

interface Found {
  readonly name: string;
  readonly ok: boolean;
  readonly found: string;
  readonly mend?: string;
}

/** Runs `millrace doctor`. Where nothing else is said, the operator's own readiness stands for the producer's. */
async function runDoctor(settings: Record<string, string> = {}, isJson = true) {
  const out: string[] = [];
  const say = (line: string) => void out.push(line);
  const terminal = { out: say, note: say, progress: () => undefined, ask: async () => undefined };
  const config = {
    url,
    operatorUrl: url,
    witnessUrls: [],
    modelUrl: '',
    apiKey: undefined,
    operatorKey: KEY,
    isLocal: false,
    configDir,
    durability: 'fsync',
    partitions: 1,
    environment: {},
    ...settings,
  };
  const parts = { config, terminal, signal: new AbortController().signal };
  const code = await runCli(['doctor', ...(isJson ? ['--json'] : [])], parts);
  return { code, text: out.join('\n') };
}

async function findWrong(settings: Record<string, string> = {}): Promise<readonly Found[]> {
  const { code, text } = await runDoctor(settings);
  const { checks } = JSON.parse(text) as { checks: readonly Found[] };
  const wrong = checks.filter(({ ok }) => !ok);
  expect(code).toBe(wrong.length === 0 ? 0 : 1);
  return wrong;
}

const config = (name: string, value: string) => operator.stream.redis.config('SET', name, value);
const breaker = (state: 'open' | 'closed') =>
  publishServers(operator.stream, 'me', [{ name: 'aws', breaker: state, calls: 0 }]);

async function joinGroup() {
  await createGroup(operator.stream);
  await operator.stream.redis.xgroup('CREATECONSUMER', operator.stream.keys.events, GROUP, 'me');
}

interface Fault {
  readonly name: string;
  readonly mend: RegExp;
  readonly settings?: () => Promise<Record<string, string>>;
  readonly plant?: () => Promise<unknown>;
  readonly heal?: () => Promise<unknown>;
}

const FAULTS: Readonly<Record<string, Fault>> = {
  'a policy that evicts': {
    name: 'eviction',
    mend: /maxmemory-policy noeviction/,
    plant: () => config('maxmemory-policy', 'allkeys-lru'),
    heal: () => config('maxmemory-policy', 'noeviction'),
  },
  'no append-only file': {
    name: 'persistence',
    mend: /appendonly yes/,
    plant: () => config('appendonly', 'no'),
    heal: () => config('appendonly', 'yes'),
  },
  'memory that is nearly full': {
    name: 'memory',
    mend: /raise maxmemory/,
    plant: async () => {
      const [, used = '0'] = /^used_memory:(\d+)/m.exec(await operator.stream.redis.info('memory')) ?? [];
      await config('maxmemory', String(Math.round(Number(used) * 1.15)));
    },
    heal: () => config('maxmemory', '0'),
  },
  'a clock that is off': {
    name: 'clock',
    mend: /NTP/,
    plant: async () => {
      driftMs = 10_000;
    },
    heal: async () => {
      driftMs = 0;
    },
  },
  'no group': {
    name: 'group',
    mend: /restart a consumer/,
    plant: () => operator.stream.redis.xgroup('DESTROY', operator.stream.keys.events, GROUP),
    heal: joinGroup,
  },
  'no consumer': {
    name: 'consumers',
    mend: /start a consumer/,
    plant: () => operator.stream.redis.xgroup('DELCONSUMER', operator.stream.keys.events, GROUP, 'me'),
    heal: joinGroup,
  },
  'a server that is left alone': {
    name: 'servers',
    mend: /servers\.yaml/,
    plant: () => breaker('open'),
    heal: () => breaker('closed'),
  },
  'a route that is paused': {
    name: 'pauses',
    mend: /routes resume/,
    plant: () => pause(operator.stream, { kind: 'route', name: 'audit' }, {}),
    heal: () => resume(operator.stream, { kind: 'route', name: 'audit' }),
  },
  'work that is not accounted for': {
    name: 'conservation',
    mend: /what else writes to the stream/,
    plant: () => operator.stream.redis.hincrby(operator.stream.keys.counters, 'backlog', 5),
    heal: () => operator.stream.redis.hincrby(operator.stream.keys.counters, 'backlog', -5),
  },
  'a dead letter': {
    name: 'dead-letters',
    mend: /dead-letters redrive/,
    plant: () => makeDeadLetter(operator.stream, 'a'),
    heal: () => operator.stream.redis.del(operator.stream.keys.dead),
  },
  'a configuration with a mistake': {
    name: 'configuration',
    mend: /routes check/,
    plant: () => writeFile(join(configDir, 'routes.yaml'), ROUTES.replace('server: aws', 'server: aws2')),
    heal: () => writeFile(join(configDir, 'routes.yaml'), ROUTES),
  },
  'another key': {
    name: 'operator',
    mend: /MILLRACE_OPERATOR_KEY/,
    settings: async () => ({ operatorKey: 'another' }),
  },
  'an operator that is away': {
    name: 'operator',
    mend: /MILLRACE_OPERATOR_URL/,
    settings: async () => ({ operatorUrl: `http://127.0.0.1:${await freePort()}` }),
  },
  'a producer that is away': {
    name: 'producer',
    mend: /MILLRACE_URL/,
    settings: async () => ({ url: `http://127.0.0.1:${await freePort()}` }),
  },
};

describe('millrace doctor', () => {
  it('finds nothing where nothing is wrong', async () => {
    await joinGroup();
    await breaker('closed');
    expect(await findWrong()).toEqual([]);
    expect((await runDoctor({}, false)).text).toMatch(/✓ redis-version: \d+\..*\n.*nothing is wrong$/s);
  });

  it.each(Object.entries(FAULTS))('names %s, and its mend', async (_fault, { name, mend, settings, plant, heal }) => {
    await joinGroup();
    await breaker('closed');
    await plant?.();
    const wrong = await findWrong(await settings?.());
    await heal?.();
    // What a fault costs may be told as well: nothing is promised, and so nothing is ready.
    const causes = wrong.filter((one) => one.name === name || !['promises', 'producer'].includes(one.name));
    expect(causes).toEqual([{ name, ok: false, found: expect.stringMatching(/./), mend: expect.stringMatching(mend) }]);
  });

  it('names a Redis that is away, and says so for people with the mend below', async () => {
    await redis.kill();
    const { code, text } = await runDoctor({}, false);
    await redis.restart();
    expect(code).toBe(1);
    expect(text).toMatch(/✗ redis: Redis does not answer\n {4}mend: start Redis/);
  });
});

describe('GET /v1/system', () => {
  it('says what runs here and what it promises, and no secret', async () => {
    const headers = { authorization: `Bearer ${KEY}` };
    const answer = await operator.app.inject({ url: '/v1/system', headers });
    expect(answer.json()).toMatchObject({
      versions: { millrace: expect.stringMatching(/^\d/), node: process.versions.node },
      durability: { asked: 'fsync' },
      settings: { namespace: 'test', durability: 'fsync' },
    });
    expect(answer.body).not.toContain(KEY);
    expect(answer.body).not.toContain('redis://');
  });
});
