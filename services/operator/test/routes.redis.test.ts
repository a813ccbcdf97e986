import { hash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { announceConfiguration, createGroup, GROUP, pause, publishRoutes } from '@millrace/stream-client';
import { type RedisServer, startRedisServer, waitUntil } from '@millrace/testing';
import { loadConfig } from '../src/config.js';
import { append, openTestOperator } from './open-test-operator.js';

// Its address names a setting that the operator does not have, and the hints of its tools are believed, which nobody asks.
const SERVERS = `servers:
  aws: { url: "\${NOT_HERE}/mcp", trustAnnotations: true }
`;
const ROUTES = `routes:
  - id: score
    on: { type: com.test.happened }
    when: event.data.total > 3
    call: { server: aws, tool: risk.score }
    with: '{ "sum": data.total * 2 }'
    delivery: effectively-once
  - id: audit
    on: { prefix: { type: com.audit. } }
    handler: handlers/audit.ts
`;
const NEVER = `  - id: never
    on: { exact: { type: a }, prefix: { type: b } }
    call: { server: aws, tool: risk.score }
    with: '{}'
`;

let redis: RedisServer;
let folder: string;
let operator: Awaited<ReturnType<typeof openTestOperator>>;

beforeAll(async () => {
  redis = await startRedisServer();
  folder = await mkdtemp(join(tmpdir(), 'millrace-routes-'));
  const keys = `keys: [{ name: wall-screen, role: viewer, sha256: "${hash('sha256', 'looks', 'hex')}" }]`;
  operator = await openTestOperator(redis.url, {
    configDir: folder,
    key: 'steers',
    keys: loadConfig({ MILLRACE_OPERATOR_KEYS: keys }).keys,
  });
});

afterAll(async () => {
  await operator.close();
  await redis.stop();
  await rm(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  await operator.stream.redis.flushall();
  await createGroup(operator.stream);
});

interface Routes {
  readonly items: readonly { readonly id: string; readonly [more: string]: unknown }[];
  readonly configuration: { readonly state: string; readonly [more: string]: unknown };
}

async function write(routes: string): Promise<void> {
  await writeFile(join(folder, 'servers.yaml'), SERVERS);
  await writeFile(join(folder, 'routes.yaml'), routes);
}

async function list(key = 'looks'): Promise<Routes> {
  const headers = { authorization: `Bearer ${key}` };
  return (await operator.app.inject({ url: '/v1/routes', headers })).json() as Routes;
}

/** What was read is believed for a second. */
async function listUntil(state: string, isAsMeant: (routes: Routes) => boolean = () => true): Promise<Routes> {
  let routes: Routes | undefined;
  await waitUntil(async () => {
    routes = await list();
    return routes.configuration.state === state && isAsMeant(routes);
  }, `the configuration is ${state}`);
  return routes as Routes;
}

async function attempt(route: string, payload: object, key = 'looks') {
  const headers = { authorization: `Bearer ${key}` };
  const answer = await operator.app.inject({ method: 'POST', url: `/v1/routes/${route}/try`, payload, headers });
  return [answer.statusCode, answer.json()] as const;
}

describe('GET /v1/routes', () => {
  it('says plainly that the folder cannot be read, and names the routes that consumers have announced', async () => {
    await announceConfiguration(operator.stream, { version: 'v1', routes: ['score'], servers: ['aws'] });
    await pause(operator.stream, { kind: 'route', name: 'gone' }, { note: 'moved' });
    expect(await listUntil('absent')).toMatchObject({
      items: [
        { id: 'gone', announced: false, paused: { note: 'moved' }, problems: [] },
        { id: 'score', announced: true, problems: [] },
      ],
      configuration: { folder, detail: expect.stringMatching(/servers\.yaml \(ENOENT\)/) },
    });
    expect(await attempt('score', { ref: '0-1-0' })).toMatchObject([409, { code: 'ROUTE_NOT_READABLE' }]);
  });

  it('lists routes as they are written, with line, announcement and pause, and needs no setting of a server', async () => {
    await write(ROUTES);
    await announceConfiguration(operator.stream, { version: 'v1', routes: ['score'], servers: ['aws'] });
    await pause(operator.stream, { kind: 'route', name: 'score' }, { note: 'wrong scores' });
    const { items, configuration } = await listUntil('read');
    expect(configuration).toEqual({ state: 'read', folder, problems: [] });
    expect(items).toEqual([
      {
        id: 'score',
        line: 2,
        on: { type: 'com.test.happened' },
        when: 'event.data.total > 3',
        target: { kind: 'call', server: 'aws', tool: 'risk.score' },
        delivery: 'effectively-once',
        announced: true,
        paused: { at: expect.any(String), note: 'wrong scores' },
        problems: [],
      },
      {
        id: 'audit',
        line: 8,
        on: { prefix: { type: 'com.audit.' } },
        target: { kind: 'handler', file: 'handlers/audit.ts' },
        delivery: 'at-least-once',
        announced: false,
        problems: [],
      },
    ]);
  });

  it('tells what became of the deliveries of each route within the last minute, all consumers together', async () => {
    await write(ROUTES);
    expect((await listUntil('read')).items[0]).not.toHaveProperty('lastMinute');
    const { stream } = operator;
    const counts = { done: 3, retried: 2, waiting: 9, parked: 1, dead: 1, expired: 0 };
    for (const [consumer, coveredMs] of [
      ['one', 60_000],
      ['two', 10_000],
    ] as const) {
      await stream.redis.xgroup('CREATECONSUMER', stream.keys.events, GROUP, consumer);
      await publishRoutes(stream, consumer, { coveredMs, routes: [{ route: 'score', ...counts }] });
    }
    expect((await list()).items.map(({ id, lastMinute }) => [id, lastMinute])).toEqual([
      ['score', { done: 6, retried: 4, waiting: 18, parked: 2, dead: 2, expired: 0, perSecond: 0.82 }],
      ['audit', { done: 0, retried: 0, waiting: 0, parked: 0, dead: 0, expired: 0, perSecond: 0 }],
    ]);
  });

  it('shows what is wrong with a sound route beside it, and what is wrong with the file beside all of them', async () => {
    await write(ROUTES + NEVER);
    const doubtful = await listUntil('read', ({ items }) => items.length === 3);
    expect(doubtful.items[2]).toMatchObject({ id: 'never', problems: [{ line: 12, mend: expect.any(String) }] });
    await write(
      `${ROUTES}  - { id: lost, on: { type: a }, call: { server: awz, tool: t }, with: '{}' }\n  - { id: none, on: { type: a } }\n`,
    );
    const broken = await listUntil('broken');
    expect(broken.items.map(({ id, problems }) => [id, problems])).toEqual([
      ['score', []],
      ['audit', []],
      ['lost', [expect.objectContaining({ line: 11, mend: 'did you mean `aws`?' })]],
    ]);
    expect(broken.configuration.problems).toMatchObject([{ pointer: '/routes/3', line: 12 }]);
    expect(await attempt('none', { ref: '0-1-0' })).toMatchObject([409, { detail: expect.stringMatching(/:12 /) }]);
    await write('routes: [');
    expect(await listUntil('broken', ({ items }) => items.length === 0)).toMatchObject({
      configuration: { problems: [{ line: 1 }] },
    });
  });
});

describe('POST /v1/routes/{name}/try', () => {
  beforeAll(async () => {
    await write(ROUTES);
    await listUntil('read');
  });

  it('says what would be called for an event of the past, and neither calls nor stores anything', async () => {
    const ref = await append(operator.stream, 'a', '{"total":5}');
    const before = await operator.stream.redis.dbsize();
    const call = {
      route: 'score',
      kind: 'call',
      target: { server: 'aws', tool: 'risk.score' },
      arguments: { sum: 10 },
    };
    expect(await attempt('score', { ref })).toMatchObject([200, call]);
    expect(await attempt('audit', { ref })).toMatchObject([200, { kind: 'no-match', because: 'on' }]);
    expect(await operator.stream.redis.dbsize()).toBe(before);
  });

  it('says the same for an event that is made up, and why a route would not take it', async () => {
    const event = { type: 'com.test.happened', data: { total: 4 } };
    expect(await attempt('score', { event })).toMatchObject([200, { kind: 'call', arguments: { sum: 8 } }]);
    expect(await attempt('score', { event: { ...event, data: { total: 3 } } })).toMatchObject([
      200,
      { because: 'when' },
    ]);
    expect(await attempt('score', { event: { ...event, data: {} } })).toMatchObject([
      200,
      { kind: 'failed', at: 'when' },
    ]);
  });

  it.each([
    ['a ref that never was', 'score', { ref: '0-9-9' }, 404, 'RECORD_NOT_FOUND'],
    ['a route that there is not', 'else', { event: { type: 'a', data: 1 } }, 404, 'ROUTE_NOT_FOUND'],
    ['an event that is none', 'score', { event: { data: 1 } }, 400, 'REQUEST_INVALID'],
    ['neither ref nor event', 'score', {}, 400, 'REQUEST_INVALID'],
    ['both ref and event', 'score', { ref: 'a', event: {} }, 400, 'REQUEST_INVALID'],
  ])('refuses %s', async (_what, route, body, status, code) => {
    expect(await attempt(route, body)).toMatchObject([status, { code }]);
  });

  it('is for those who may only look, too, and for nobody without a key', async () => {
    const event = { type: 'com.audit.made', data: 1 };
    expect(await attempt('audit', { event }, 'looks')).toMatchObject([200, { kind: 'handler' }]);
    expect(await attempt('audit', { event }, 'steers')).toMatchObject([200, { kind: 'handler' }]);
    expect(await attempt('audit', { event }, 'else')).toMatchObject([401, {}]);
  });
});
