import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  createAppender,
  createEffectRecorder,
  createGroup,
  createSettler,
  lookAtEarlierLane,
  openBlockingSource,
  renewLeases,
  type Stream,
} from '@millrace/stream-client';
import { type RedisServer, startRedisServer, waitUntil } from '@millrace/testing';
import { Redis } from 'ioredis';
import { anEvent, openTestStream } from '../open-test-stream.js';

const opened: Stream[] = [];

async function open(redisUrl: string, settings: Parameters<typeof openTestStream>[1] = {}): Promise<Stream> {
  const stream = await openTestStream(redisUrl, settings);
  opened.push(stream);
  return stream;
}

afterEach(() => Promise.all(opened.splice(0).map((stream) => stream.close())));

function appenderOf(stream: Stream, deadlineMs = 400) {
  return createAppender(stream, { maxBacklog: 10_000, deadlineMs });
}

function knowsWaitAof(stream: Stream): Promise<boolean> {
  return stream.redis.call('WAITAOF', 0, 0, 0).then(
    () => true,
    () => false,
  );
}

function countKinds(results: readonly { readonly kind: string }[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { kind } of results) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

describe('a Redis that ceases to keep what is promised', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedisServer();
  });
  afterAll(() => server.stop());

  const told: string[] = [];
  const onProblems = (problems: readonly string[]) => void told.push(problems.join('; '));

  it('is noticed after it came back with another configuration, and nothing is accepted until it is mended', async () => {
    const stream = await open(server.url, { onProblems });
    const appender = appenderOf(stream);
    await expect(appender.append(anEvent('before'))).resolves.toMatchObject({ kind: 'accepted' });
    await server.kill();
    await server.restart(['--maxmemory-policy', 'allkeys-lru']);
    await waitUntil(() => told.length > 0, 'the problem is told');
    expect(told).toEqual([expect.stringContaining('maxmemory-policy is allkeys-lru')]);
    expect(stream.isReady()).toBe(false);
    expect(stream.problems()).toEqual([expect.stringContaining('maxmemory-policy is allkeys-lru')]);
    await expect(appender.append(anEvent('meanwhile'))).rejects.toMatchObject({ code: 'STREAM_NOT_DURABLE' });
    expect(await stream.redis.xlen(stream.keys.events)).toBe(1);
    await stream.redis.config('SET', 'maxmemory-policy', 'noeviction');
    await waitUntil(() => stream.isReady(), 'the stream is ready again');
    expect(told.at(-1)).toBe('');
    await expect(appender.append(anEvent('meanwhile'))).resolves.toMatchObject({ kind: 'accepted' });
  });

  it('is noticed when it does not sync each write any more, unless it can be asked to wait for the disk', async () => {
    const stream = await open(server.url);
    const hasWaitAof = await knowsWaitAof(stream);
    await server.kill();
    await server.restart(['--appendfsync', 'everysec']);
    await waitUntil(() => stream.redis.status === 'ready', 'the connection is there again');
    if (hasWaitAof) await waitUntil(() => stream.isReady(), 'the server is known');
    else await waitUntil(() => stream.problems().join().includes('appendfsync is everysec'), 'the problem is known');
    await server.kill();
    await server.restart([]);
    await waitUntil(() => stream.isReady(), 'the server is as it was');
  });

  it('is noticed when another server answers at the same address, before anything is written there', async () => {
    const stream = await open(server.url);
    await stream.redis.config('SET', 'maxmemory-policy', 'allkeys-lru');
    const entries = await stream.redis.xlen(stream.keys.events);
    await stream.redis.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'no').catch(() => {});
    await waitUntil(() => stream.redis.status === 'ready', 'the connection is there again');
    const appending = appenderOf(stream, 2_000).append(anEvent('another'));
    await expect(appending).rejects.toMatchObject({ code: 'STREAM_NOT_DURABLE' });
    expect(await stream.redis.xlen(stream.keys.events)).toBe(entries);
    await stream.redis.config('SET', 'maxmemory-policy', 'noeviction');
  });
});

describe('durability replicated', () => {
  let primary: RedisServer;
  let replica: RedisServer;
  let stream: Stream;

  beforeAll(async () => {
    primary = await startRedisServer(['--repl-diskless-sync-delay', '0']);
    replica = await startRedisServer(['--replicaof', '127.0.0.1', String(primary.port)]);
  });
  afterAll(async () => {
    await replica.stop();
    await primary.stop();
  });
  afterEach(() => replica.thaw());

  async function openReplicated(): Promise<Stream> {
    stream = await open(primary.url, { durability: 'replicated' });
    await waitUntil(() => stream.isReady(), 'the replica is connected');
    return stream;
  }

  it('accepts what the replica has', async () => {
    const appender = appenderOf(await openReplicated(), 5_000);
    const results = await Promise.all(Array.from({ length: 300 }, (_, i) => appender.append(anEvent(`r-${i}`))));
    expect(countKinds(results)).toEqual({ accepted: 300 });
    await primary.kill();
    const onReplica = new Redis(replica.url);
    expect(await onReplica.xlen(stream.keys.events)).toBe(300);
    onReplica.disconnect();
    await primary.restart();
  });

  it('does not accept what the replica has not, and says duplicate once it has', async () => {
    const appender = appenderOf(await openReplicated(), 2_000);
    replica.freeze();
    await expect(appender.append(anEvent('late'))).rejects.toMatchObject({ name: 'StreamError' });
    // It is in the primary all the same, and repeating it does not make it durable.
    await expect(appender.append(anEvent('late'))).rejects.toMatchObject({ name: 'StreamError' });
    replica.thaw();
    const repeated = await appenderOf(stream, 10_000).append(anEvent('late'));
    expect(repeated.kind).toBe('duplicate');
  });

  it('does not accept it either when Redis did not know the script yet', async () => {
    await openReplicated();
    await stream.redis.script('FLUSH');
    replica.freeze();
    await expect(appenderOf(stream, 1_900).append(anEvent('unknown-script'))).rejects.toMatchObject({
      name: 'StreamError',
    });
  });

  it('begins no effect and settles nothing without the replica, while leases are renewed', async () => {
    await openReplicated();
    await appenderOf(stream, 5_000).append(anEvent('held'));
    const source = await openBlockingSource(stream, 'me', 100);
    const entry = (await source.read(1_000)).at(-1);
    await source.close();
    if (entry?.kind !== 'entry') throw new Error('nothing was read');
    replica.freeze();
    const begin = createEffectRecorder(stream, 'me').record({
      entry,
      route: 'r',
      step: '0',
      isStart: true,
      value: '{}',
    });
    const settle = createSettler(stream, 'me').settle({ entry, routes: [], outcomes: [] });
    const settled = Promise.allSettled([begin, settle]);
    const startedAt = performance.now();
    expect(
      await renewLeases(stream, 'me', [{ entryId: entry.id, deliveryCount: 1, ref: entry.ref, running: [] }]),
    ).toEqual([]);
    console.info(`a heartbeat beside a wait took ${Math.round(performance.now() - startedAt)} ms`);
    expect(await settled).toMatchObject([
      { status: 'rejected', reason: { code: 'STREAM_NOT_DURABLE' } },
      { status: 'rejected', reason: { code: 'STREAM_NOT_DURABLE' } },
    ]);
    replica.thaw();
    await waitUntil(() => stream.isReady(), 'the replica is heard again');
  });

  it('is not ready while too few replicas are connected, and writes nothing then', async () => {
    const lonely = await open(primary.url, { durability: 'replicated', replicas: 2 });
    await waitUntil(() => lonely.problems().join().includes('1 of its replicas are there'), 'the lack is known');
    const before = await lonely.redis.xlen(lonely.keys.events);
    await expect(appenderOf(lonely).append(anEvent('lonely'))).rejects.toMatchObject({ code: 'STREAM_NOT_DURABLE' });
    expect(await lonely.redis.xlen(lonely.keys.events)).toBe(before);
  });

  it('is not believed about what is left from before a fence while too few replicas are connected', async () => {
    await openReplicated();
    await createGroup(stream);
    await stream.writes.run('fence', [stream.keys.events, stream.keys.counters], [2]);
    const lonely = await open(primary.url, { durability: 'replicated', replicas: 2 });
    const asked = { lane: 'a lane', epoch: 2 };
    await expect(lookAtEarlierLane(lonely, asked)).rejects.toMatchObject({ retryable: true });
    expect(await lookAtEarlierLane(stream, asked)).toMatchObject({ kind: expect.any(String) });
  });
});

describe('durability fsync on a Redis that syncs every second', () => {
  it('waits for the disk where the server has WAITAOF, and is refused where it has not', async () => {
    const server = await startRedisServer(['--appendfsync', 'everysec']);
    try {
      const probe = await open(server.url, { durability: 'memory' });
      if (!(await knowsWaitAof(probe))) {
        await expect(open(server.url)).rejects.toMatchObject({ code: 'STREAM_UNSUITABLE' });
        return;
      }
      const stream = await open(server.url);
      await waitUntil(() => stream.isReady(), 'the server is known');
      const appender = appenderOf(stream, 10_000);
      const startedAt = performance.now();
      const results = await Promise.all(Array.from({ length: 2_000 }, (_, i) => appender.append(anEvent(`w-${i}`))));
      console.info(`2,000 appends were on disk in ${Math.round(performance.now() - startedAt)} ms`);
      expect(countKinds(results)).toEqual({ accepted: 2_000 });
      await server.kill();
      await server.restart();
      await waitUntil(() => stream.isReady(), 'the server is back');
      expect(await stream.redis.xlen(stream.keys.events)).toBe(2_000);
    } finally {
      await server.stop();
    }
  });
});
