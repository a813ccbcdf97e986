import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  createPartitionsAppender,
  createSettler,
  openPartitionSource,
  openPartitions,
  type Partitions,
  readRecord,
  StreamError,
  sampleStream,
} from '@millrace/stream-client';
import { freePort, type RedisCluster, startRedisCluster, waitUntil, withNode } from '@millrace/testing';
import { makeCertificates } from './certificates.js';
import { makeUsers, readPassword, type User } from './redis-users.js';
import { findMissing } from './secured-redis.js';

const missing = findMissing();
if (missing !== undefined) console.warn(`a Redis Cluster with TLS is not tested: ${missing}`);
const describeWithTls = missing === undefined ? describe : describe.skip;

const ADMIN = { username: 'admin', password: 'a'.repeat(32) };
/** The slot of partition 0. */
const SLOT = 13_907;
const PARTITIONS = 4;
const ME = 'consumer-1';

let folder: string;
let cluster: RedisCluster;
const tlsPorts: number[] = [];
const opened: { close(): Promise<void> }[] = [];

/** What is refused while a replica takes over is asked for again. */
function patiently<T>(ask: () => Promise<T>): Promise<T> {
  const attempt = async () => {
    try {
      return { answer: await ask() };
    } catch (error) {
      if (error instanceof StreamError) return false;
      throw error;
    }
  };
  return waitUntil(attempt, 'the cluster answers').then(({ answer }) => answer);
}

/** As `infra/redis/tls.conf` has it, but for the port of the harness, which is open besides. */
async function argsOfNode(): Promise<string[]> {
  const port = await freePort();
  tlsPorts.push(port);
  const shipped = (await readFile(join(import.meta.dirname, '../../infra/redis/tls.conf'), 'utf8'))
    .replaceAll('/etc/redis', folder)
    .replace(/^port 0$/m, '')
    .replace(/^tls-port .*$/m, `tls-port ${port}`)
    .replace(/^aclfile .*$/m, `aclfile ${folder}/users.acl`);
  const file = join(folder, `node-${port}.conf`);
  await writeFile(file, shipped);
  return ['--include', file, '--masteruser', ADMIN.username, '--masterauth', ADMIN.password];
}

beforeAll(async () => {
  if (missing !== undefined) return;
  folder = await mkdtemp(join(tmpdir(), 'millrace-cluster-users-'));
  await makeCertificates(folder);
  await mkdir(join(folder, 'secrets'));
  await writeFile(join(folder, 'secrets/admin.password'), ADMIN.password);
  // Whether a node answers is asked without a name; then nobody without one is let in.
  const open = `user default on nopass ~* &* +@all\nuser ${ADMIN.username} on >${ADMIN.password} ~* &* +@all\n`;
  await writeFile(join(folder, 'users.acl'), open);
  cluster = await startRedisCluster({ nodeTimeoutMs: 15_000, args: argsOfNode, login: ADMIN });
  await makeUsers(join(folder, 'secrets'), join(folder, 'users.acl'), '--create');
  for (const node of cluster.nodes) await withNode(node, (redis) => redis.call('ACL', 'LOAD'));
});

afterAll(async () => {
  for (const one of opened.splice(0).reverse()) await one.close();
  await cluster?.stop();
  if (missing === undefined) await rm(folder, { recursive: true, force: true });
});

async function open(user: User): Promise<Partitions> {
  const password = await readPassword(join(folder, 'secrets'), user);
  const one = await openPartitions({
    redisUrl: `rediss://${user}:${password}@nobody.invalid`,
    clusterNodes: tlsPorts.map((port) => ({ host: '127.0.0.1', port })),
    tlsCa: await readFile(join(folder, 'ca.crt'), 'utf8'),
    durability: 'replicated',
    partitions: PARTITIONS,
  });
  opened.push(one);
  await waitUntil(() => one.isReady(), `${user} is ready`);
  return one;
}

function anEvent(id: string) {
  const own = { id, source: '/test', type: 'com.test.happened' };
  const data = { kind: 'json' as const, bytes: Buffer.from('{}') };
  return { ...own, attributes: { specversion: '1.0', ...own }, data };
}

describeWithTls(`a Redis Cluster with TLS and users${missing === undefined ? '' : ` (not tested: ${missing})`}`, () => {
  it('carries events through all partitions as the three users, over TLS to each node, and after a failover', async () => {
    const [producer, consumer, operator] = [await open('producer'), await open('consumer'), await open('operator')];
    const appender = createPartitionsAppender(producer, { maxBacklog: 1_000, deadlineMs: 30_000 });
    const source = await openPartitionSource(consumer.all, ME, {
      waitMs: 500,
      random: Math.random,
      onWake: () => undefined,
    });
    opened.push(source);
    /** Carries events from acceptance to their ends, and tells in which partitions they were. */
    const carry = async (ids: readonly string[]) => {
      const accepted = await Promise.all(ids.map((id) => appender.append(anEvent(id))));
      const refs = new Set(accepted.map((one) => (one.kind === 'accepted' ? one.ref : one.kind)));
      const left = new Set(refs);
      await waitUntil(async () => {
        for (const entry of await patiently(() => source.read(20))) {
          const stream = consumer.ofRef(entry.ref);
          if (entry.kind !== 'entry' || stream === undefined) throw new Error(`${entry.ref} cannot be handled`);
          const outcomes = [{ route: 'r', state: 'done', attempt: 1, detail: { version: 'v1', effects: [] } }] as const;
          const settler = createSettler(stream, ME);
          await patiently(() => settler.settle({ entry, routes: ['r'], outcomes }));
          left.delete(entry.ref);
        }
        return left.size === 0;
      }, 'all are settled');
      for (const ref of refs) {
        const stream = producer.ofRef(ref);
        expect(stream && (await patiently(() => readRecord(stream, ref)))).toMatchObject({ state: 'done' });
      }
      return new Set([...refs].map((ref) => ref.split('-')[0]));
    };
    expect((await carry(Array.from({ length: 16 }, (_, n) => `e-${n}`))).size).toBe(PARTITIONS);
    const samples = await Promise.all(operator.all.map(sampleStream));
    expect(samples.map(({ backlog }) => backlog)).toEqual(samples.map(() => 0));
    await cluster.failover(SLOT);
    expect((await carry(Array.from({ length: 16 }, (_, n) => `after-${n}`))).size).toBe(PARTITIONS);
  });

  it('lets nobody in without a name', async () => {
    const [node] = cluster.nodes;
    await expect(withNode({ port: node?.port ?? 0 }, (redis) => redis.ping())).rejects.toThrow('NOAUTH');
  });
});
