import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  answer,
  type RedisServer,
  said,
  serveCalls,
  startRedisServer,
  type TestServer,
  waitUntil,
} from '@millrace/testing';
import { stringify } from 'yaml';
import { startCommand } from '../system/command.ts';
import { type ServiceProcess, startService } from '../system/service-process.ts';

let dir: string;
let redis: RedisServer;
let shop: TestServer;
let producer: ServiceProcess;
let consumer: ServiceProcess;
let operator: ServiceProcess;
let description = 'Charges a card';
let calls = 0;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'millrace-pins-'));
  await mkdir(join(dir, 'config'));
  shop = await serveCalls(
    ({ response, message }) => {
      calls += 1;
      answer(response, said(message, 'charged'));
    },
    ({ method, id }, response) => {
      const tools = [{ name: 'charge', description, inputSchema: { type: 'object' } }];
      if (method === 'tools/list') answer(response, { jsonrpc: '2.0', id, result: { tools } });
    },
  );
  const server = { url: shop.url, privateAddresses: true, pinsCheckedEvery: '0s' };
  const retry = { attempts: 3, initial: '50ms', max: '200ms' };
  const call = { server: 'shop', tool: 'charge' };
  const route = { id: 'charge', on: { type: 'order.placed' }, call, with: '{}', retry };
  await writeFile(join(dir, 'config/servers.yaml'), stringify({ servers: { shop: server } }));
  await writeFile(join(dir, 'config/routes.yaml'), stringify({ routes: [route] }));
  redis = await startRedisServer();
});

afterAll(async () => {
  await operator?.kill();
  await consumer?.kill();
  await producer?.kill();
  await redis?.stop();
  await shop?.kill();
  await rm(dir, { recursive: true, force: true });
});

/** Runs beside this process, which has to go on: it is the server that the command asks. */
const lockTools = (...args: string[]) =>
  startCommand(['tools', 'lock', '--config', join(dir, 'config'), ...args]).ended;

async function post(id: string): Promise<string> {
  const response = await fetch(`${producer.url}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ type: 'order.placed', id, data: {} }),
  });
  return ((await response.json()) as { ref: string }).ref;
}

interface Delivery {
  readonly state: string;
  readonly error?: { readonly code: string };
}

function untilDelivery(ref: string, isSo: (delivery: Delivery) => boolean): Promise<Delivery> {
  return waitUntil(async () => {
    const response = await fetch(`${producer.url}/v1/events/${ref}`);
    const { routes } = (await response.json()) as { routes: readonly Delivery[] };
    const [delivery] = routes;
    return delivery !== undefined && isSo(delivery) && delivery;
  }, `the delivery of ${ref} is as it should be`);
}

const isDone = ({ state }: Delivery) => state === 'done';

describe('a server that changes one byte of the description of a pinned tool', () => {
  it('is not called until somebody has looked at the change and accepted it; no event is lost meanwhile', async () => {
    expect(await lockTools()).toMatchObject({ code: 0, out: expect.stringContaining('1 accepted') });
    const env = { REDIS_URL: redis.url, PRODUCER_PORT: '0', MILLRACE_CONFIG: join(dir, 'config') };
    [producer, operator, consumer] = await Promise.all([
      startService('producer', env),
      startService('operator', { ...env, OPERATOR_PORT: '0' }),
      startService('consumer', { ...env, MILLRACE_CONFIG_POLL_MS: '100' }),
    ]);
    await untilDelivery(await post('before'), isDone);
    expect(calls).toBe(1);

    description = 'Charges a card.';
    const ref = await post('after');
    await untilDelivery(ref, ({ error }) => error?.code === 'TOOL_CHANGED');
    expect(calls).toBe(1);
    await untilShown('tools', ({ items }) => items[0]?.pin === 'changed');
    const shown = await lockTools();
    expect(shown.code).toBe(1);
    expect(shown.out).toContain('- description: Charges a card\n');
    expect(shown.out).toContain('+ description: Charges a card.\n');

    expect(await lockTools('--accept', 'shop/charge')).toMatchObject({ code: 0 });
    await untilDelivery(ref, isDone);
    expect(calls).toBe(2);
  });

  it('is shown with its tools and the calls that it was sent', async () => {
    const { items } = await untilShown('calls', (page) => page.items.length === 2);
    expect(items).toMatchObject([
      { tool: 'charge', route: 'charge', outcome: 'done', attempt: expect.any(Number), ref: expect.any(String) },
      { tool: 'charge', route: 'charge', outcome: 'done', attempt: 1, durationMs: expect.any(Number) },
    ]);
    const all = await askOperator('/v1/servers');
    expect(all.items).toMatchObject([
      { name: 'shop', breaker: 'closed', tools: [{ tool: 'charge', calls: expect.any(Number) }] },
    ]);
  });
});

interface Shown {
  readonly items: readonly { readonly pin?: string }[];
}

async function askOperator(path: string): Promise<Shown> {
  return (await (await fetch(`${operator.url}${path}`)).json()) as Shown;
}

/** Whoever looks at the tools has the server asked, so the first look may find nothing. */
function untilShown(what: 'tools' | 'calls', isSo: (shown: Shown) => boolean): Promise<Shown> {
  return waitUntil(async () => {
    const shown = await askOperator(`/v1/servers/shop/${what}`);
    return isSo(shown) && shown;
  }, `the ${what} of the server are shown as they are`);
}
