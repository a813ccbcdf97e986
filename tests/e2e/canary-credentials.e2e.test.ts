import { createHmac } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type TestServer, waitUntil } from '@millrace/testing';
import { startRefundDesk } from '../console/refund-desk.js';
import { type Collector, startCollector } from '../system/collector.js';
import { System } from '../system/system.js';
import { type LooseTongues, startLooseTongues } from './loose-tongues.js';

/** Every secret that is planted here has this in it, in some writing. */
const CANARY = 'canary-7b21e9';
const OPERATOR_KEY = `${CANARY}-operator-key-long-enough`;
const SECRETS = {
  MILLRACE_OPERATOR_KEY: OPERATOR_KEY,
  SHOP_TOKEN: `${CANARY}-token-of-an-mcp-server`,
  CRM_SECRET: `${CANARY}-client-secret`,
  MODEL_API_KEY: `sk-${CANARY}-key-of-a-model`,
};
const WEBHOOK_SECRET = Buffer.from(`${CANARY}-secret-of-a-sender-of-webhooks`);
/** What somebody says who is asked. It is theirs to read again, and nobody's to write down elsewhere. */
const ANSWER = 'canary-c40d18';
/** What emitted events are made of: a route's own words, which no process has to tell. */
const EMITTED = 'canary-e93f77';

const inBase64 = (secret: string | Buffer) => Buffer.from(secret).toString('base64').replace(/=+$/, '');
/** Each credential as it is, and as it travels. */
const CREDENTIALS = [CANARY, inBase64(WEBHOOK_SECRET), inBase64(`millrace:${SECRETS.CRM_SECRET}`)];

const TELLING = ['status', 'challenge', 'rpc', 'result'];
const routesFor = (emitted: string) => `
routes:
${TELLING.map(
  (tool) => `  - id: tells-by-${tool}
    on: { type: com.test.trusted }
    call: { server: shop, tool: ${tool} }
    with: '{}'
    retry: { attempts: 1 }
    timeout: 5s
`,
).join('')}
  - id: asks-for-a-token
    on: { type: com.test.trusted }
    call: { server: crm, tool: any }
    with: '{}'
    retry: { attempts: 1 }
    timeout: 5s
  - id: asks-a-model
    on: { type: com.test.trusted }
    agent: { tools: [], instructions: Answer., trust: anonymous }
    retry: { attempts: 1 }
    timeout: 5s
  - id: refund
    on: { type: com.test.refund }
    call: { server: desk, tool: refund }
    with: '{ "orderId": data.orderId, "amount": data.amount }'
    retry: { attempts: 1 }
    timeout: 5s
    emit: { type: com.test.refunded, data: '{ "to": "${emitted}" }' }
`;

let tongues: LooseTongues;
let desk: TestServer;
let collector: Collector;
let system: System;
let dir: string;

beforeAll(async () => {
  [tongues, desk, collector] = await Promise.all([startLooseTongues(), startRefundDesk(), startCollector()]);
  dir = await mkdtemp(join(tmpdir(), 'millrace-credentials-'));
  const grant = `{ issuer: '${tongues.issuer.origin}', clientId: millrace, secretFrom: CRM_SECRET }`;
  const files = {
    'routes.yaml': routesFor(EMITTED),
    'servers.yaml': `servers:
  shop: { url: '${tongues.mcp.url}', privateAddresses: true, bearerTokenFrom: SHOP_TOKEN }
  crm: { url: '${tongues.mcp.url}', privateAddresses: true, clientCredentials: ${grant} }
  desk: { url: '${desk.url}', privateAddresses: true }
`,
    'models.yaml': `models:\n  default: { url: '${tongues.model.origin}/v1', model: any, apiKeyFrom: MODEL_API_KEY }\n`,
    'keys.yaml': `webhooks:
  - { id: payments, secrets: [whsec_${WEBHOOK_SECRET.toString('base64')}], source: /payments, type: com.test.refund }
`,
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(dir, name), text);
  system = await System.start(1, {
    env: {
      LOG_LEVEL: 'trace',
      MILLRACE_LOG_DONE_RATIO: '1',
      MILLRACE_CONFIG: dir,
      MILLRACE_KEYS_FILE: join(dir, 'keys.yaml'),
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      ...SECRETS,
    },
  });
});

afterAll(async () => {
  await system?.stop();
  await Promise.all([tongues?.close(), desk?.kill(), collector?.close()]);
  await rm(dir, { recursive: true, force: true });
});

/** Bodies of answers that refuse something. */
const refusals: string[] = [];

async function ask(path: string, body?: object): Promise<{ readonly status: number; readonly text: string }> {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${OPERATOR_KEY}` };
  const sent = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
  const answer = await fetch(`${system.operator.url}${path}`, { headers, ...sent });
  const text = await answer.text();
  if (answer.status >= 400) refusals.push(text);
  return { status: answer.status, text };
}

const refIn = (text: string) => (JSON.parse(text) as { ref: string }).ref;

/** Posts a webhook, signed as its sender would, or wrongly. */
async function postWebhook(signature?: string): Promise<{ readonly status: number; readonly text: string }> {
  const body = JSON.stringify({ orderId: 'o-1', amount: 40 });
  const timestamp = Math.floor(Date.now() / 1_000);
  const mac = createHmac('sha256', WEBHOOK_SECRET).update(`webhook-1.${timestamp}.${body}`).digest('base64');
  const answer = await fetch(`${system.producerUrl}/v1/webhooks/payments`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'webhook-id': 'webhook-1',
      'webhook-timestamp': String(timestamp),
      'webhook-signature': signature ?? `v1,${mac}`,
    },
    body,
  });
  const text = await answer.text();
  if (answer.status >= 400) refusals.push(text);
  return { status: answer.status, text };
}

interface Told {
  readonly state: string;
  readonly routes: readonly { readonly id: string; readonly state: string }[];
}

/** The states of all deliveries of an event, without what waits for a token: it is never sent, and so tried for good. */
async function statesOf(ref: string): Promise<readonly string[]> {
  const { routes } = JSON.parse((await ask(`/v1/events/${ref}`)).text) as Told;
  return routes.filter(({ id }) => id !== 'asks-for-a-token').map(({ state }) => state);
}

async function untilAll(ref: string, state: string): Promise<void> {
  const have = async () => {
    const states = await statesOf(ref);
    return states.length > 0 && states.every((one) => one === state);
  };
  await waitUntil(have, `all deliveries of ${ref} are ${state}`);
}

const processes = () => [system.producer, system.operator, ...system.consumers];
/** The lines of a text that have one of these in them. */
const linesWith = (text: string, needles: readonly string[]) =>
  text.split(/\n|(?<=\})/).filter((line) => needles.some((needle) => line.includes(needle)));

describe('a credential, though everybody who is shown it says it aloud', () => {
  const refs: string[] = [];

  it('goes to MCP servers, to an authorization server, to a model, and signs webhooks', async () => {
    const { status, text } = await ask('/v1/events', { type: 'com.test.trusted', data: {} });
    expect(status).toBe(202);
    refs.push(refIn(text));
    await untilAll(refIn(text), 'dead');
    for (const secret of [SECRETS.SHOP_TOKEN, SECRETS.CRM_SECRET, SECRETS.MODEL_API_KEY])
      await waitUntil(() => tongues.heard.some((shown) => shown.includes(secret)), 'everybody was shown theirs');
    expect((await postWebhook(`v1,${WEBHOOK_SECRET.toString('base64')}`)).status).toBe(401);
    const signed = await postWebhook();
    expect(signed.status).toBe(202);
    refs.push(refIn(signed.text));
  });

  it('and a person’s answer to what a tool asks goes to that tool', async () => {
    const [, ref = ''] = refs;
    await untilAll(ref, 'parked');
    const approval = `/v1/approvals/${ref}.refund`;
    const wrong = { responses: { consent: { action: ANSWER, content: { note: ANSWER } } } };
    expect((await ask(approval, wrong)).status).toBe(400);
    expect((await ask(`/v1/approvals/${ref}.${ANSWER}`, wrong)).status).toBeGreaterThanOrEqual(400);
    const right = { responses: { consent: { action: 'accept', content: { note: ANSWER } } } };
    expect((await ask(approval, right)).status).toBeLessThan(300);
    await untilAll(ref, 'done');
  });

  it.each(['log', 'metric', 'trace', 'refusal'])('is in no %s, and neither is the answer', async (kind) => {
    const texts = {
      log: async () => processes().map(({ log }) => log),
      metric: () => Promise.all(processes().map(async ({ url }) => (await fetch(`${url}/metrics`)).text())),
      trace: async () => {
        await waitUntil(() => collector.text.includes('process refund'), 'the trace has come');
        return [collector.text];
      },
      refusal: async () => refusals,
    }[kind];
    const text = (await texts?.())?.join('\n') ?? '';
    expect(text).not.toBe('');
    expect(linesWith(text, [...CREDENTIALS, ANSWER, EMITTED])).toEqual([]);
  });

  it('is in nothing that the operator answers or shows', async () => {
    const paths = [
      '/',
      '/v1/events?text=test',
      '/v1/dead-letters',
      '/v1/dead-letters/causes',
      '/v1/approvals',
      '/v1/audit',
      '/v1/overview',
      '/v1/consumers',
      '/v1/routes',
      '/v1/system',
      '/v1/servers',
      ...['shop', 'crm', 'desk'].flatMap((name) => [`/v1/servers/${name}/tools`, `/v1/servers/${name}/calls`]),
      ...refs.map((ref) => `/v1/events/${ref}`),
      ...TELLING.map((tool) => `/v1/dead-letters/${refs[0]}.tells-by-${tool}`),
      `/v1/dead-letters/${refs[0]}.asks-a-model`,
    ];
    for (const path of paths) {
      const { status, text } = await ask(path);
      expect([path, status, linesWith(text, CREDENTIALS)]).toEqual([path, 200, []]);
    }
  });
});
