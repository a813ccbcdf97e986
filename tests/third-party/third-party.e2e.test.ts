import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type RedisServer, startRedisServer, waitUntil } from '@millrace/testing';
import { stringify } from 'yaml';
import { type ServiceProcess, startService } from '../system/service-process.ts';
import { discoverRevisions, programOf, startThirdParty, type ThirdPartyServer } from './third-party-server.ts';

const EVENTS = 30;
let dir: string;
let redis: RedisServer;
let producer: ServiceProcess;
let consumer: ServiceProcess;
const servers = new Map<string, ThirdPartyServer>();

const route = (id: string, server: string, tool: string, args: string) => ({
  id,
  on: { type: `test.${id}` },
  call: { server, tool },
  with: args,
  timeout: '20s',
  retry: { attempts: 3 },
});

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'millrace-third-party-'));
  const memoryFile = join(dir, 'memory.jsonl');
  const stdio = (name: string) => programOf(`@modelcontextprotocol/${name}`);
  const started = await Promise.all([
    startThirdParty(
      () => [stdio('server-everything'), 'streamableHttp'],
      (port) => ({ PORT: String(port) }),
    ),
    startThirdParty((port) => {
      const proxy = [programOf('mcp-proxy'), '--port', String(port), '--server', 'stream'];
      return [...proxy, '--', process.execPath, stdio('server-filesystem'), dir];
    }),
    startThirdParty(
      (port) => {
        const gateway = [programOf('supergateway'), '--outputTransport', 'streamableHttp', '--stateful'];
        return [...gateway, '--port', String(port), '--stdio', `${process.execPath} ${stdio('server-memory')}`];
      },
      () => ({ MEMORY_FILE_PATH: memoryFile }),
    ),
  ]);
  for (const [at, name] of ['everything', 'filesystem', 'memory'].entries()) {
    const server = started[at];
    if (server !== undefined) servers.set(name, server);
  }
  await writeConfiguration();
  redis = await startRedisServer();
  const env = { REDIS_URL: redis.url, PRODUCER_PORT: '0', MILLRACE_CONFIG: join(dir, 'config') };
  [producer, consumer] = await Promise.all([startService('producer', env), startService('consumer', env)]);
});

afterAll(async () => {
  await consumer?.kill();
  await producer?.kill();
  await redis?.stop();
  for (const server of servers.values()) await server.stop();
  await rm(dir, { recursive: true, force: true });
});

async function writeConfiguration(): Promise<void> {
  await mkdir(join(dir, 'config'));
  const settings = [...servers].map(([name, { url }]) => {
    // The memory server rewrites its whole file with each call, and would lose one of two at once.
    const concurrency = name === 'memory' ? 1 : 8;
    return [name, { url, privateAddresses: true, concurrency }];
  });
  const routes = [
    route('echo', 'everything', 'echo', '{ "message": id }'),
    route('slow', 'everything', 'trigger-long-running-operation', '{ "duration": 1, "steps": 4 }'),
    route('file', 'filesystem', 'write_file', '{ "path": data.path, "content": id }'),
    route(
      'observation',
      'memory',
      'create_entities',
      '{ "entities": [{ "name": id, "entityType": "event", "observations": [source] }] }',
    ),
  ];
  await writeFile(join(dir, 'config/servers.yaml'), stringify({ servers: Object.fromEntries(settings) }));
  await writeFile(join(dir, 'config/routes.yaml'), stringify({ routes }));
}

async function post(type: string, id: string, data: unknown): Promise<string> {
  const response = await fetch(`${producer.url}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ type, id, data }),
  });
  if (response.status !== 202) throw new Error(`the event was answered ${response.status}: ${await response.text()}`);
  return ((await response.json()) as { ref: string }).ref;
}

interface Delivery {
  readonly state: string;
  readonly attempts: number;
  readonly result?: unknown;
}

function untilFinished(ref: string): Promise<Delivery> {
  return waitUntil(async () => {
    const response = await fetch(`${producer.url}/v1/events/${ref}`);
    const record = (await response.json()) as { state: string; routes: readonly Delivery[] };
    return record.state !== 'open' && record.routes[0];
  }, `event ${ref} is finished`);
}

/** Sends as many events as there are names, all at once, and waits until each is finished. */
async function sendAll(type: string, names: readonly string[], dataOf: (name: string) => unknown = () => ({})) {
  const refs = await Promise.all(names.map((name) => post(type, name, dataOf(name))));
  const deliveries = await Promise.all(refs.map(untilFinished));
  expect(deliveries.map(({ state }) => state)).toEqual(names.map(() => 'done'));
  return deliveries;
}

const namesOf = (kind: string) => Array.from({ length: EVENTS }, (_, n) => `${kind}-${n}`);

describe('a third-party server as the target of routes', () => {
  it('server-everything, 2025-11-25 with sessions: every event is echoed to its own record', async () => {
    const names = namesOf('echo');
    const deliveries = await sendAll('test.echo', names);
    expect(deliveries.map(({ result }) => JSON.stringify(result))).toEqual(
      names.map((name) => expect.stringContaining(name)),
    );
  });

  it('server-everything: an operation that takes its time is waited for', async () => {
    await sendAll('test.slow', ['slow-1', 'slow-2']);
  });

  it('server-filesystem behind mcp-proxy, 2026-07-28: one file per event, with its id in it', async () => {
    expect(await discoverRevisions(servers.get('filesystem')?.url ?? '')).toContain('2026-07-28');
    const names = namesOf('file');
    await sendAll('test.file', names, (name) => ({ path: join(dir, `${name}.out`) }));
    const files = (await readdir(dir)).filter((name) => name.endsWith('.out'));
    expect(files.sort()).toEqual(names.map((name) => `${name}.out`).sort());
    const contents = await Promise.all(files.map((name) => readFile(join(dir, name), 'utf8')));
    expect(contents.map((content) => `${content}.out`)).toEqual(files);
  });

  it('server-memory behind supergateway: one entity per event, observed once', async () => {
    const names = namesOf('observation');
    await sendAll('test.observation', names);
    const lines = (await readFile(join(dir, 'memory.jsonl'), 'utf8')).trim().split('\n');
    const entities = lines.map((line) => JSON.parse(line) as { name: string; observations: string[] });
    expect(entities.map(({ name }) => name).sort()).toEqual([...names].sort());
    expect(entities.map(({ observations }) => observations.length)).toEqual(names.map(() => 1));
  });
});
