import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { waitUntil } from '@millrace/testing';
import { startService } from '../system/service-process.js';
import { SHORT_TIMES, System } from '../system/system.js';

let system: System;

const SERVERS = `
servers:
  aws: { url: "\${MCP_AWS_URL}", privateAddresses: true }
  azure: { url: "\${MCP_AZURE_URL}", privateAddresses: true }
`;

const ROUTES = `
routes:
  - id: checkout
    on: { type: com.shop.checkout }
    handler: handlers/checkout.ts
    delivery: effectively-once
    idempotency: key
    timeout: 20s
    retry: { attempts: 5, initial: 50ms, max: 200ms }
  - id: stuck
    on: { type: com.shop.stuck }
    handler: handlers/stuck.js
  - id: audit
    on: { type: com.shop.audit }
    call: { server: aws, tool: audit.write }
    with: '{ "eventId": id, "action": "x" }'
    idempotency: key
`;

/** Types to strip, a module of its own beside it, and two effects with a pause between them. */
const CHECKOUT = `
import { defineHandler, type HandlerContext } from '@millrace/handlers';
import { PAUSE_MS } from './lib/pause.ts';

interface Checkout { readonly total: number }

export default defineHandler<Checkout>(async ({ event, tools, step, emit }: HandlerContext<Checkout>) => {
  const draw: number = await step('draw', () => Math.random(), { idempotency: 'safe' });
  const detail = String(draw);
  await tools.call('note', {
    server: 'aws', tool: 'audit.write', arguments: { eventId: event.id, action: 'checkout', detail },
  });
  await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  const charge = await tools.call('charge', {
    server: 'azure', tool: 'card.charge', arguments: { eventId: event.id, orderId: event.id, total: event.data.total },
  });
  emit({ type: 'com.shop.checked-out', data: { draw } });
  return { draw, charge };
});
`;

const STUCK = `
import { defineHandler } from '@millrace/handlers';
export default defineHandler(() => { for (;;); });
`;

beforeAll(async () => {
  system = await System.start(0, {
    config: {
      'servers.yaml': SERVERS,
      'routes.yaml': ROUTES,
      'handlers/checkout.ts': CHECKOUT,
      'handlers/lib/pause.ts': 'export const PAUSE_MS: number = 300;',
      'handlers/stuck.js': STUCK,
    },
    env: {
      ...SHORT_TIMES,
      MILLRACE_CONFIG_POLL_MS: '0',
      MILLRACE_MAX_BLOCKED_MS: '5000',
      MILLRACE_MAX_STARTS: '3',
    },
  });
});

afterAll(async () => {
  await system?.stop();
});

const put = (file: string, text: string) => writeFile(join(system.configDir, file), text);

describe('a TypeScript handler', () => {
  it('has each of its effects once, though its consumers are killed between its steps', async () => {
    await system.startConsumer();
    const posted = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        system.post({ type: 'com.shop.checkout', id: `checkout-${n}`, data: { total: n } }),
      ),
    );
    let kills = 0;
    // One start less than MILLRACE_MAX_STARTS allows: each kill may hit them all.
    for (; kills < 2; kills += 1) {
      const before = (await system.witnessed('aws')).size;
      await waitUntil(async () => (await system.witnessed('aws')).size > before || before === 20, 'more first steps');
      const [victim] = system.consumers.splice(0, 1);
      await victim?.kill();
      await system.startConsumer();
    }
    const records = await Promise.all(posted.map(({ body }) => system.untilState(body.ref, 'done')));
    await system.untilIdle();
    const [notes, charges] = [await system.witnessed('aws'), await system.witnessed('azure')];
    for (const { event, routes } of records) {
      const id = String(event.id);
      expect([id, notes.get(id)?.effects, charges.get(id)?.effects]).toEqual([id, 1, 1]);
      expect(routes[0]?.followUps).toHaveLength(1);
    }
    const starts = records.map(({ routes }) => (routes[0] as unknown as { starts: number }).starts);
    console.info(`${kills} kills; starts of the 20 deliveries: ${starts.join(' ')}`);
    expect(Math.max(...starts)).toBeGreaterThan(1);
  });

  it('that blocks the event loop ends its process, is given up after its starts, and takes no other event with it', async () => {
    const stuck = await system.post({ type: 'com.shop.stuck', id: 'stuck', data: {} });
    const others = await Promise.all(
      Array.from({ length: 10 }, (_, n) => system.post({ type: 'com.shop.audit', id: `beside-${n}`, data: {} })),
    );
    const stop = new AbortController();
    const supervising = keepAlive(stop.signal);
    const record = await system.untilState(stuck.body.ref, 'dead', 240_000);
    expect(record.routes).toMatchObject([{ reason: 'starts-exhausted' }]);
    for (const { body } of others) await system.untilState(body.ref, 'done');
    stop.abort();
    console.info(`${await supervising} consumers were ended by the watchdog`);
  });
});

/** Does what a supervisor does: when the consumer has ended, another one is started. Resolves with how often. */
async function keepAlive(signal: AbortSignal): Promise<number> {
  let restarts = 0;
  while (!signal.aborted) {
    const gone = system.consumers.find(({ pid }) => !isAlive(pid));
    if (gone !== undefined) system.consumers.splice(system.consumers.indexOf(gone), 1);
    if (system.consumers.length === 0) {
      // One that reads the stuck event again may be ended before it is ready.
      await system.startConsumer().catch(() => undefined);
      restarts += 1;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return restarts;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('a consumer', () => {
  it.each([
    ['is missing', undefined, 'does not exist'],
    ['does not parse', 'export default (', 'Expression expected'],
    ['throws', "throw new Error('at the top');", 'at the top'],
    ['exports no handler', 'export default () => 1;', 'made by defineHandler'],
    ['needs compiling', 'enum A { B } export default A;', 'enum'],
  ])('does not start with a handler that %s, and says which one', async (_what, text, reason) => {
    const broken = await mkdtemp(join(tmpdir(), 'millrace-broken-'));
    await mkdir(join(broken, 'handlers'));
    await writeFile(join(broken, 'servers.yaml'), 'servers: { aws: { url: http://127.0.0.1:1/mcp } }');
    await writeFile(join(broken, 'routes.yaml'), 'routes: [{ id: a, on: { all: [] }, handler: handlers/a.ts }]');
    if (text !== undefined) await writeFile(join(broken, 'handlers/a.ts'), text);
    const starting = startService('consumer', { ...system.redisEnv, MILLRACE_CONFIG: broken });
    const failure = await starting.then(
      () => 'it started',
      (error: Error) => error.message,
    );
    expect(failure).toContain('handlers/a.ts');
    expect(failure).toContain(reason);
    await rm(broken, { recursive: true });
  });

  it('runs the changed handler, and what it imports, after a reload', async () => {
    const changed = CHECKOUT.replace('return { draw, charge }', 'return { version: PAUSE_MS }');
    const consumer = system.consumers[0];
    if (consumer === undefined) throw new Error('no consumer is running');
    const versionInForce = async () =>
      /millrace_config_info\{version="(\w+)"\}/.exec(await (await fetch(`${consumer.url}/metrics`)).text())?.[1];
    const before = await versionInForce();
    await put('handlers/checkout.ts', changed);
    await put('handlers/lib/pause.ts', 'export const PAUSE_MS: number = 7;');
    process.kill(consumer.pid, 'SIGHUP');
    await waitUntil(async () => (await versionInForce()) !== before, 'the change is in force');
    const { body } = await system.post({ type: 'com.shop.checkout', id: 'after-reload', data: { total: 1 } });
    const record = await system.untilState(body.ref, 'done');
    expect(record.routes[0]?.result).toEqual({ version: 7 });
  });
});
