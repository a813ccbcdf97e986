import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type RedisServer, startRedisServer, waitUntil } from '@millrace/testing';
import { type ServiceProcess, startService } from '../system/service-process.js';
import { describeWithHelm, type Helm, hasHelm, openHelm } from './helm.js';
import { type Manifest, podsOf } from './manifest.js';
import { type MountedPod, mountPod, type Secrets } from './mounted-pod.js';

const KEY = 'a-key-of-the-checkout';
const OPERATOR_KEY = 'a-key-of-the-operator';
const SOLD = { type: 'com.shop.order.created', data: {} };

/** The config map of one's own that the pods of a cluster are given. */
const FILES = [
  { key: 'servers.yaml', path: 'servers.yaml', content: 'servers: {}' },
  {
    key: 'routes.yaml',
    path: 'routes.yaml',
    content: 'routes: [{ id: of-the-shop, on: { all: [] }, handler: handlers/shop.ts }]',
  },
  {
    key: 'shop',
    path: 'handlers/shop.ts',
    content:
      "import { defineHandler } from '@millrace/handlers';\nexport default defineHandler(async () => ({ seen: true }));\n",
  },
];

let helm: Helm;
let redis: RedisServer;
let folder: string;
const running: ServiceProcess[] = [];

beforeAll(async () => {
  if (!hasHelm) return;
  [helm, redis] = await Promise.all([openHelm(), startRedisServer()]);
  folder = await mkdtemp(join(tmpdir(), 'millrace-pods-'));
});

afterAll(async () => {
  await Promise.all(running.map((service) => service.kill()));
  await helm?.close();
  await redis?.stop();
  if (folder !== undefined) await rm(folder, { recursive: true });
});

/** Runs the service of a pod with what the pod gives it: its variables and its files. Ports are any free ones. */
async function runPod(
  manifests: readonly Manifest[],
  component: string,
  secrets: Secrets,
  urls: Readonly<Record<string, string>> = {},
): Promise<ServiceProcess & { readonly pod: MountedPod }> {
  const found = podsOf(manifests).find(({ name }) => name === `demo-${component}`);
  if (found === undefined) throw new Error(`there is no pod demo-${component}`);
  const pod = await mountPod(await mkdtemp(join(folder, `${component}-`)), found.spec, manifests, secrets);
  const env = Object.entries(pod.env).map(([name, value]) => [name, name.endsWith('_PORT') ? '0' : value]);
  const name = component.startsWith('mcp-') ? 'mcp-server' : component;
  const own = component.startsWith('mcp-') ? { WITNESS_FILE: join(folder, `${component}.jsonl`) } : {};
  const service = await startService(name, { ...Object.fromEntries(env), ...own, ...urls });
  running.push(service);
  return Object.assign(service, { pod });
}

async function post(url: string, event: object, key?: string): Promise<{ status: number; body: { ref: string } }> {
  const answer = await fetch(`${url}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(key === undefined ? {} : { authorization: `Bearer ${key}` }) },
    body: JSON.stringify(event),
  });
  return { status: answer.status, body: (await answer.json()) as { ref: string } };
}

async function recordOf(url: string, ref: string): Promise<{ state: string; routes: readonly { id: string }[] }> {
  return (await (await fetch(`${url}/v1/events/${ref}`)).json()) as never;
}

describeWithHelm('the pods of the demonstration, as processes', () => {
  const secrets = () => ({ 'millrace-redis/url': redis.url });
  let producer: ServiceProcess;
  let consumer: Awaited<ReturnType<typeof runPod>>;
  let manifests: readonly Manifest[];

  beforeAll(async () => {
    manifests = await helm.render('small', {
      settings: { MILLRACE_NAMESPACE: 'small', MILLRACE_CONFIG_POLL_MS: 50 },
    });
    const clouds = await Promise.all(['aws', 'gcp', 'azure'].map((name) => runPod(manifests, `mcp-${name}`, {})));
    const [aws, gcp, azure] = clouds.map(({ url }) => `${url}/mcp`);
    const urls = { MCP_AWS_URL: aws as string, MCP_GCP_URL: gcp as string, MCP_AZURE_URL: azure as string };
    [producer, consumer] = await Promise.all([
      runPod(manifests, 'producer', secrets()),
      runPod(manifests, 'consumer', secrets(), urls),
    ]);
  });

  it('deliver an event with what they are given: variables, secrets as files, the configuration, a handler', async () => {
    const data = { service: 'shop', resolution: 'restarted' };
    const { status, body } = await post(producer.url, { type: 'com.ops.incident.resolved', data });
    expect(status).toBe(202);
    const { routes } = await untilDone(producer.url, body.ref);
    expect(routes.map(({ id }) => id)).toEqual(['close-incident']);
  });

  it('hold events against the schemas of the config map', async () => {
    expect((await post(producer.url, { type: 'com.shop.order.created', data: {} })).status).toBe(422);
  });

  it('take a changed config map as the kubelet writes it, without a restart', async () => {
    const config = join(import.meta.dirname, '../../config');
    await consumer.pod.changeConfig({
      'servers.yaml': await readFile(join(config, 'servers.yaml'), 'utf8'),
      'routes.yaml':
        'routes: [{ id: added, on: { type: t }, call: { server: aws, tool: risk.score }, with: \'{ "eventId": id, "orderId": id, "total": 1 }\' }]\n',
    });
    await waitUntil(async () => {
      const { body } = await post(producer.url, { type: 't', data: {} });
      return (await untilDone(producer.url, body.ref)).routes[0]?.id === 'added';
    }, 'an event goes along the added route');
    expect(consumer.isRunning).toBe(true);
  });

  it('stop by themselves when told to', async () => {
    expect(await Promise.all([consumer.stop(), producer.stop()])).toEqual([0, 0]);
  });
});

describeWithHelm('the pods of a cluster, as processes', () => {
  const keys = { id: 'checkout', sha256: createHash('sha256').update(KEY).digest('hex'), types: ['*'] };
  const secrets = () => ({
    ...Object.fromEntries(
      ['producer', 'consumer', 'operator'].map((name) => [`millrace-redis/${name}.url`, redis.url]),
    ),
    'millrace-keys/keys.yaml': JSON.stringify({ keys: [keys] }),
    'millrace-operator/key': `${OPERATOR_KEY}\n`,
    'shop/token': 'a-token-of-the-shop',
    'models/openai': 'a-key-of-a-model',
  });

  let manifests: readonly Manifest[];
  let producer: ServiceProcess;
  let operator: ServiceProcess;

  beforeAll(async () => {
    // One Redis, not the cluster that the set is for.
    const rendered = await helm.render('cluster', {
      redis: { clusterNodes: [] },
      settings: { MILLRACE_NAMESPACE: 'cluster', MILLRACE_DURABILITY: 'fsync' },
      config: { configMap: { items: FILES.map(({ key, path }) => ({ key, path })) } },
    });
    const data = Object.fromEntries(FILES.map(({ key, content }) => [key, content]));
    manifests = [...rendered, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'shop-routes' }, data }];
    producer = await runPod(manifests, 'producer', secrets());
  });

  it('take events only with a key of the file, and steer only with the key of the operator', async () => {
    expect((await post(producer.url, SOLD)).status).toBe(401);
    expect((await post(producer.url, SOLD, KEY)).status).toBe(202);
    // Started only now, it has the event in its first sample; the next is five seconds later.
    operator = await runPod(manifests, 'operator', secrets());
    const owner = { authorization: `Bearer ${OPERATOR_KEY}` };
    const asked = async (headers: Record<string, string>) =>
      (await fetch(`${operator.url}/v1/consumers`, { headers })).status;
    expect([await asked({}), await asked(owner)]).toEqual([401, 200]);
    const routes = await (await fetch(`${operator.url}/v1/routes`, { headers: owner })).json();
    expect(JSON.stringify(routes)).toContain('of-the-shop');
  });

  it('say with no consumer there what KEDA starts one for: what was accepted, and what is due by now', async () => {
    const figure = async (name: string) => {
      const page = await (await fetch(`${operator.url}/metrics`)).text();
      return new RegExp(`^${name}\\{partition="\\w+"\\} (\\d+)$`, 'm').exec(page)?.[1];
    };
    const untilReady = (ready: string, why: string) =>
      waitUntil(async () => (await figure('millrace_ready_work')) === ready, `${ready} are ready: ${why}`);
    await untilReady('1', 'one event was accepted, and nobody reads');
    const inMs = (ms: number) => new Date(Date.now() + ms).toISOString();
    expect((await post(producer.url, { ...SOLD, deliverat: inMs(1_000) }, KEY)).status).toBe(202);
    expect((await post(producer.url, { ...SOLD, deliverat: inMs(3_600_000) }, KEY)).status).toBe(202);
    await untilReady('2', 'the time of another has come, that of the third has not');
    expect(await figure('millrace_backlog')).toBe('3');
    await runPod(manifests, 'consumer', secrets());
    await untilReady('0', 'a consumer has done both');
    expect(await figure('millrace_backlog')).toBe('1');
  });
});

function untilDone(url: string, ref: string): ReturnType<typeof recordOf> {
  return waitUntil(async () => {
    const record = await recordOf(url, ref);
    return record.state === 'done' ? record : undefined;
  }, `the event ${ref} is done`);
}
