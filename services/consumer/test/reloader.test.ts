import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { parseRoutes } from '@millrace/routing';
import { createLogger, createMetrics, createRegistry } from '@millrace/runtime';
import { StreamError } from '@millrace/stream-client';
import { waitUntil } from '@millrace/testing';
import { checkConfiguration, describeSplitKeys } from '../src/configuration/check-configuration.js';
import { readConfigFiles, signConfigFiles } from '../src/configuration/config-files.js';
import { ConfigurationInForce } from '../src/configuration/configuration-in-force.js';
import { Reloader, type ReloadOptions } from '../src/configuration/reloader.js';
import { SharedServers } from '../src/configuration/shared-servers.js';
import { ok } from './start-consuming.js';

const UNDIVIDED = { partitions: 1, isChanging: false };
const SERVERS = 'servers: { aws: { url: http://127.0.0.1:1/mcp } }';
const routeOf = (id: string) => `{ id: ${id}, on: { all: [] }, call: { server: aws, tool: x }, with: '{}' }`;
const routesOf = (...ids: string[]) => `routes: [${ids.map(routeOf).join()}]`;

const orderedBy = (key: string) => routesOf('ordered').replace("with: '{}'", `with: '{}', ordered: ${key}`);

let dir: string;
let stop: () => Promise<void>;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'millrace-reload-'));
  await write('servers.yaml', SERVERS);
  await write('routes.yaml', routesOf('first'));
  stop = async () => undefined;
});

afterEach(async () => {
  await stop();
  await rm(dir, { recursive: true });
});

const write = (file: string, text: string) => writeFile(join(dir, file), text);

async function startReloading(
  pollMs: number,
  env: NodeJS.ProcessEnv = {},
  configDir = dir,
  announce: ReloadOptions['announce'] = async () => UNDIVIDED,
  looking: Pick<ReloadOptions, 'readAnywayMs' | 'signFiles'> = {},
) {
  const checking = { env, durability: 'fsync' } as const;
  const first = await checkConfiguration(await readConfigFiles(configDir), checking);
  const inForce = new ConfigurationInForce(
    first,
    new SharedServers(() => ({ call: async () => ok(), close: noClose })),
  );
  const registry = createRegistry();
  const logger = createLogger('test', 'silent');
  const options = { ...checking, ...looking, configDir, pollMs, announce };
  const reloader = new Reloader(inForce, options, logger, createMetrics(registry));
  reloader.start();
  stop = () => reloader.stop();
  const counted = async (outcome: string) => {
    const text = await registry.getSingleMetricAsString('millrace_config_reloads_total');
    return Number(new RegExp(`outcome="${outcome}"} (\\d+)`).exec(text)?.[1] ?? 0);
  };
  const routes = () => inForce.hold().routes.all.map(({ id }) => id);
  return { inForce, reloader, registry, counted, routes };
}

async function noClose() {}

describe('Reloader', () => {
  it('takes a changed file, counts it, and names the version in force', async () => {
    const { inForce, registry, counted, routes } = await startReloading(10);
    const before = inForce.version;
    await write('routes.yaml', routesOf('first', 'second'));
    await waitUntil(() => inForce.version !== before, 'the change is in force');
    expect(routes()).toEqual(['first', 'second']);
    expect(inForce.hold().routes.all.map(({ version }) => version)).toEqual([inForce.version, inForce.version]);
    expect(await counted('applied')).toBe(1);
    const info = await registry.getSingleMetricAsString('millrace_config_info');
    expect(info.split('\n').filter((line) => line.startsWith('millrace_'))).toEqual([
      `millrace_config_info{version="${inForce.version}"} 1`,
    ]);
  });

  it('leaves files alone that are still being written, and takes what they are in the end', async () => {
    let drafts = 0;
    // Each of the first ten looks finds another draft.
    const signFiles = async (configDir: string) => {
      if (drafts < 10) {
        drafts += 1;
        await write('routes.yaml.new', routesOf(`draft-${drafts}`));
        await rename(join(dir, 'routes.yaml.new'), join(dir, 'routes.yaml'));
      }
      return signConfigFiles(configDir);
    };
    const { counted, routes } = await startReloading(10, {}, dir, undefined, { signFiles });
    await waitUntil(() => routes()[0] === 'draft-10', 'the last draft is in force');
    expect([await counted('applied'), await counted('refused')]).toEqual([1, 0]);
  });

  it('refuses a wrong file as a whole, once, and takes the mended one', async () => {
    const { reloader, inForce, counted, routes } = await startReloading(0);
    const before = inForce.version;
    const broken = `${routesOf('first', 'second').slice(0, -1)}, { id: broken } ]`;
    await write('routes.yaml', broken);
    await reloader.reload();
    await reloader.reload();
    expect([inForce.version, routes(), await counted('refused')]).toEqual([before, ['first'], 1]);
    await write('routes.yaml', routesOf('first', 'mended'));
    await reloader.reload();
    expect([routes(), await counted('refused'), await counted('applied')]).toEqual([['first', 'mended'], 1, 1]);
    await write('routes.yaml', broken);
    await reloader.reload();
    expect([routes(), await counted('refused')]).toEqual([['first', 'mended'], 2]);
  });

  it('refuses files that do not fit each other, and takes them once they do', async () => {
    const { reloader, counted, routes } = await startReloading(0);
    await write('servers.yaml', SERVERS.replace('aws', 'gcp'));
    await reloader.reload();
    expect([routes(), await counted('refused')]).toEqual([['first'], 1]);
    await write('routes.yaml', routesOf('second').replace('aws', 'gcp'));
    await reloader.reload();
    expect([routes(), await counted('applied')]).toEqual([['second'], 1]);
  });

  it('goes on with what it has while a file is missing', async () => {
    const { reloader, counted, routes } = await startReloading(0);
    await rm(join(dir, 'routes.yaml'));
    await reloader.reload();
    expect([routes(), await counted('refused')]).toEqual([['first'], 1]);
  });

  it('notices a file that was put in its place by renaming, as editors do', async () => {
    const { routes } = await startReloading(10);
    await write('routes.yaml.new', routesOf('renamed'));
    await rename(join(dir, 'routes.yaml.new'), join(dir, 'routes.yaml'));
    await waitUntil(() => routes()[0] === 'renamed', 'the renamed file is in force');
  });

  it('notices a folder behind a link that was turned, as Kubernetes does', async () => {
    for (const version of ['v1', 'v2']) {
      await mkdir(join(dir, version));
      await write(`${version}/servers.yaml`, SERVERS);
      await write(`${version}/routes.yaml`, routesOf(version));
    }
    await mkdir(join(dir, 'mounted'));
    await symlink('../v1', join(dir, 'mounted/..data'));
    for (const file of ['servers.yaml', 'routes.yaml']) await symlink(`..data/${file}`, join(dir, 'mounted', file));
    const { routes } = await startReloading(10, {}, join(dir, 'mounted'));
    expect(routes()).toEqual(['v1']);
    await symlink('../v2', join(dir, 'mounted/..next'));
    await rename(join(dir, 'mounted/..next'), join(dir, 'mounted/..data'));
    await waitUntil(() => routes()[0] === 'v2', 'the turned link is in force');
  });

  it('reads the files every now and then although a file system says that nothing has changed', async () => {
    let signs = 0;
    const signFiles = async () => {
      signs += 1;
      return 'as ever';
    };
    const { routes } = await startReloading(10, {}, dir, undefined, { readAnywayMs: 30, signFiles });
    // At the second look they are read for the first time, and signed for that once more.
    await waitUntil(() => signs > 4, 'they have been read');
    await write('routes.yaml', routesOf('unseen'));
    await waitUntil(() => routes()[0] === 'unseen', 'the change that cannot be seen is in force');
  });

  it('reads secrets anew when it is told to reload', async () => {
    await write('servers.yaml', 'servers: { aws: { url: http://127.0.0.1:1/mcp, bearerTokenFrom: TOKEN } }');
    const env = { TOKEN: 'old' };
    const { reloader, counted } = await startReloading(0, env);
    await reloader.reload();
    expect(await counted('applied')).toBe(0);
    env.TOKEN = 'new';
    await reloader.reload();
    expect(await counted('applied')).toBe(1);
  });

  it.each(['partitionkey', 'subject', 'data.key'])(
    'takes an order by %s also while the number of partitions is changed',
    async (by) => {
      const division = { partitions: 4, isChanging: true };
      const { reloader, counted, routes } = await startReloading(0, {}, dir, async () => division);
      await write('routes.yaml', orderedBy(by));
      await reloader.reload();
      expect([routes(), await counted('applied')]).toEqual([['ordered'], 1]);
    },
  );

  it('begins with no context by a key of its own while the number of partitions is changed', () => {
    const agent = "agent: { tools: ['aws/*'], instructions: Help., context: subject }";
    const routes = parseRoutes(`routes: [{ id: care, on: { all: [] }, ${agent} }]`, 'routes.yaml', new Set(['aws']));
    expect(describeSplitKeys(routes, { partitions: 4, isChanging: false })).toEqual([]);
    expect(describeSplitKeys(routes, { partitions: 4, isChanging: true })).toEqual([
      expect.stringContaining('route care: agent.context subject cannot begin while'),
    ]);
  });

  it('checks a configuration once more only where events turn out to be divided in another way than it was checked for', async () => {
    let reads = 0;
    const env = {
      get TOKEN() {
        reads += 1;
        return 'secret';
      },
    };
    await write('servers.yaml', 'servers: { aws: { url: http://127.0.0.1:1/mcp, bearerTokenFrom: TOKEN } }');
    let division = UNDIVIDED;
    const { reloader, routes } = await startReloading(0, env, dir, async () => division);
    const once = reads;
    const readsOf = async (key: string) => {
      const before = reads;
      await write('routes.yaml', orderedBy(key));
      await reloader.reload();
      expect(routes()).toEqual(['ordered']);
      return reads - before;
    };
    expect(await readsOf('partitionkey')).toBe(once);
    division = { partitions: 2, isChanging: false };
    expect(await readsOf('data.key')).toBe(2 * once);
  });

  it('puts an order in force once others could be told of it, and tells nobody where there is none', async () => {
    let isAway = true;
    const told: unknown[] = [];
    const announce = async ({ keyed }: { readonly keyed?: unknown }) => {
      told.push(keyed);
      if (isAway) throw new StreamError('STREAM_UNAVAILABLE', 'announce: Redis is away');
      return UNDIVIDED;
    };
    const { counted, routes } = await startReloading(10, {}, dir, announce);
    await write('routes.yaml', orderedBy('subject'));
    await waitUntil(() => told.length > 1, 'it is tried again');
    expect([routes(), await counted('refused')]).toEqual([['first'], 1]);
    isAway = false;
    await waitUntil(() => routes()[0] === 'ordered', 'it is in force');
    const times = told.length;
    expect(told.at(-1)).toEqual([{ route: 'ordered', what: 'ordered', by: 'subject' }]);
    await write('routes.yaml', routesOf('plain'));
    await waitUntil(() => routes()[0] === 'plain', 'it is in force');
    expect(told).toHaveLength(times);
  });
});
