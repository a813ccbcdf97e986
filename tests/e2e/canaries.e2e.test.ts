import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type RedisServer, startRedisServer, waitUntil } from '@millrace/testing';
import { Redis } from 'ioredis';
import { type Collector, startCollector } from '../system/collector.js';
import { System } from '../system/system.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** Every secret that is planted anywhere has this in it. */
const CANARY = 'canary-5f0c1d';
const SECRETS = {
  MILLRACE_API_KEY: `${CANARY}-api-key-long-enough-to-be-one`,
  MILLRACE_OPERATOR_KEY: `${CANARY}-operator-key-long-enough`,
  MCP_TOKEN: `${CANARY}-token-of-an-mcp-server`,
  OTEL_EXPORTER_OTLP_HEADERS: `x-key=${CANARY}-collector`,
  SOMETHING_ELSE: `${CANARY}-of-somebody-else`,
};
const REDIS_PASSWORD = `${CANARY}-redis-password`;

let collector: Collector;
let system: System;
let dir: string;
/** Bodies of answers that refuse something. */
const problems: string[] = [];

beforeAll(async () => {
  collector = await startCollector();
  dir = await mkdtemp(join(tmpdir(), 'millrace-canaries-'));
  await cp(join(root, 'config'), dir, { recursive: true });
  const servers = await readFile(join(dir, 'servers.yaml'), 'utf8');
  await writeFile(
    join(dir, 'servers.yaml'),
    servers.replaceAll('privateAddresses: true', '$&\n    bearerTokenFrom: MCP_TOKEN'),
  );
  const redis = await startRedisServer();
  const setup = new Redis(redis.url);
  await setup.config('SET', 'requirepass', REDIS_PASSWORD);
  setup.disconnect();
  const url = `redis://:${REDIS_PASSWORD}@127.0.0.1:${redis.port}`;
  system = await System.start(1, {
    // The getters of the original stay in force.
    redis: Object.create(redis, { url: { value: url } }) as RedisServer,
    env: {
      REDIS_URL: url,
      LOG_LEVEL: 'trace',
      MILLRACE_LOG_DONE_RATIO: '1',
      MILLRACE_CONFIG: dir,
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      ...SECRETS,
    },
  });
});

afterAll(async () => {
  await system.stop();
  await collector.close();
  await rm(dir, { recursive: true });
});

interface Asked {
  readonly path?: string;
  readonly method?: string;
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

async function ask({ path = '/v1/events', method = 'POST', key = SECRETS.MILLRACE_API_KEY, headers, body }: Asked) {
  const answer = await fetch(`${system.producerUrl}${path}`, {
    method,
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${key}`,
      cookie: `session=${CANARY}-cookie`,
      'x-api-key': `${CANARY}-header`,
      baggage: `user=${CANARY}-baggage`,
      ...headers,
    },
    ...(body === undefined ? {} : { body }),
  });
  const text = await answer.text();
  if (answer.status >= 400) problems.push(text);
  return { status: answer.status, text };
}

/** As a person who steers would. */
async function steer(path: string, body?: object) {
  const answer = await fetch(`${system.operator.url}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${SECRETS.MILLRACE_OPERATOR_KEY}`,
      cookie: `session=${CANARY}-cookie`,
      'user-agent': `${CANARY}-agent`,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (answer.status >= 400) problems.push(text);
  return { status: answer.status, text };
}

async function post(event: object): Promise<string> {
  const { text } = await ask({ body: JSON.stringify(event) });
  return (JSON.parse(text) as { ref: string }).ref;
}

async function untilState(ref: string, state: string): Promise<void> {
  const reached = async () =>
    (await ask({ path: `/v1/events/${ref}`, method: 'GET' })).text.includes(`"state":"${state}"`);
  await waitUntil(reached, `${ref} is ${state}`);
}

/** What an order holds, with a secret wherever one can be. */
const order = {
  orderId: `${CANARY}-order`,
  total: 20,
  sku: `${CANARY}-sku`,
  quantity: 1,
  email: `${CANARY}@example.com`,
};

describe('a secret that is planted in every input, header, key and environment value', () => {
  it('goes through the whole system, on the way that succeeds and on those that fail', async () => {
    const good = await post({
      type: 'com.shop.order.created',
      subject: `${CANARY}-subject`,
      account: `${CANARY}-extension`,
      data: order,
    });
    await untilState(good, 'done');
    await waitUntil(() => collector.text.includes('process confirm-order'), 'the trace has come');
    await system.setFaults('azure', [{ kind: 'error', tool: 'card.charge' }]);
    const failing = await post({ type: 'dev.millrace.verify.effectively-once', data: { card: `${CANARY}-card` } });
    await waitUntil(() => system.consumers[0]?.log.includes('delivery will be retried') ?? false, 'a call has failed');
    expect(failing).toMatch(/^0-/);
    const refusals = [
      await ask({ body: `{"type": "t", "data": ${CANARY}` }),
      await ask({
        body: JSON.stringify({ type: 'com.shop.order.created', data: { ...order, total: `${CANARY}-total` } }),
      }),
      await ask({ body: JSON.stringify({ type: 't', time: `${CANARY}-time`, data: 1 }) }),
      await ask({ key: `${CANARY}-wrong-key`, body: '{}' }),
      await ask({ path: '/v1/webhooks/nobody', headers: { 'webhook-signature': `v1,${CANARY}` }, body: CANARY }),
      await ask({ path: `/v1/events/0-1-0?token=${CANARY}`, method: 'GET' }),
      await ask({ body: JSON.stringify({ type: 't', data: CANARY.repeat(40_000) }) }),
    ];
    expect(refusals.map(({ status }) => status)).toEqual([400, 422, 400, 401, 404, 404, 413]);
  });

  it('goes through all that a person can do, too', async () => {
    const sent = await steer('/v1/events', {
      type: 'com.shop.order.created',
      subject: `${CANARY}-by-hand`,
      data: order,
    });
    const { ref } = JSON.parse(sent.text) as { ref: string };
    await untilState(ref, 'done');
    const note = `${CANARY}-note`;
    const done = [
      sent,
      await steer(`/v1/events/${ref}/replay`, { subject: `${CANARY}-again` }),
      await steer('/v1/routes/score-order/pause', { note }),
      await steer('/v1/routes/score-order/resume', { note }),
      await steer('/v1/dead-letters/redrives', { filter: { text: `${CANARY}-text` }, dryRun: true }),
      await steer('/v1/dead-letters/redrives', { filter: { text: `${CANARY}-text` } }),
      await steer('/v1/routes/score-order/try', { event: { type: 'com.shop.order.created', data: order } }),
      await steer(`/v1/events?text=${CANARY}&subject=${CANARY}-by-hand`),
      await steer('/v1/servers/aws/calls'),
      await steer('/v1/audit'),
    ];
    expect(done.map(({ status }) => status)).toEqual([202, 202, 200, 200, 200, 202, 200, 200, 200, 200]);
    const refused = [
      await steer('/v1/events', { type: 'com.shop.order.created', data: { ...order, total: `${CANARY}-total` } }),
      await steer(`/v1/events/${ref}/replay`, { time: `${CANARY}-time` }),
      await steer(`/v1/routes/${CANARY}/pause`, { note }),
      await steer(`/v1/dead-letters/${CANARY}`),
      await steer('/v1/dead-letters/redrives', { filter: { since: `${CANARY}-since` } }),
      await steer(`/v1/events?cursor=${CANARY}`),
    ];
    expect(refused.map(({ status }) => status)).toEqual([422, 400, 404, 404, 400, 400]);
  });

  it('is in no log', () => {
    const processes = [system.producer, system.operator, ...system.consumers, ...system.clouds.values()];
    expect(system.consumers[0]?.log).toContain('delivery done');
    expect(processes.flatMap(({ log }) => log.split('\n').filter((line) => line.includes(CANARY)))).toEqual([]);
  });

  it('is in no metric', async () => {
    const processes = [system.producer, system.operator, ...system.consumers, ...system.clouds.values()];
    const texts = await Promise.all(processes.map(async ({ url }) => (await fetch(`${url}/metrics`)).text()));
    expect(texts.join('\n')).toContain('millrace_deliveries_total{route="confirm-order",outcome="done"} 1');
    expect(
      texts
        .join('\n')
        .split('\n')
        .filter((line) => line.includes(CANARY)),
    ).toEqual([]);
  });

  it('is in no trace', () => {
    expect(collector.spans.length).toBeGreaterThan(10);
    // Not the whole of it: the failure is to be read.
    expect(collector.text.split(/(?<=\})/).filter((piece) => piece.includes(CANARY))).toEqual([]);
  });

  it('is in no problem that a caller is told', async () => {
    const wrong = { authorization: `Bearer ${CANARY}-wrong` };
    const operator = await fetch(`${system.operator.url}/v1/dead-letters?token=${CANARY}`, { headers: wrong });
    expect(operator.status).toBe(401);
    problems.push(await operator.text());
    expect(problems.length).toBeGreaterThan(7);
    expect(problems.filter((text) => text.includes(CANARY))).toEqual([]);
  });
});
