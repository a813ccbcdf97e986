import { describe, expect, it } from '@jest/globals';
import type { Redis } from 'ioredis';
import type { ServerWatch } from '../../src/redis-server/server-watch.js';
import { createDurableWrites, WaitingRounds } from '../../src/writes/durable-writes.js';

interface Fake {
  readonly redis: Redis;
  readonly watch: ServerWatch;
  readonly waits: ((replicas: number) => void)[];
  readonly lose: () => void;
}

/** Scripts are answered at once, waits when the test says so. */
function fakeServer(): Fake {
  const waits: ((replicas: number) => void)[] = [];
  const server = { isKnown: true, problems: [], connection: 0, waitsForDisk: false, lookNow: () => {} };
  const redis = {
    append: async () => 'answer',
    wait: () => new Promise<number>((resolve) => waits.push(resolve)),
  };
  return {
    redis: redis as unknown as Redis,
    watch: server as unknown as ServerWatch,
    waits,
    lose: () => {
      server.connection += 1;
    },
  };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('createDurableWrites', () => {
  it('shares one wait among all writes that were answered before it began', async () => {
    const { redis, watch, waits } = fakeServer();
    const writes = createDurableWrites(redis, watch, 1);
    const first = writes.run('append', [], []);
    await turn();
    const others = [1, 2, 3].map(() => writes.run('append', [], []));
    await turn();
    expect(waits).toHaveLength(1);
    waits[0]?.(1);
    await expect(first).resolves.toBe('answer');
    await turn();
    expect(waits).toHaveLength(2);
    waits[1]?.(1);
    await expect(Promise.all(others)).resolves.toEqual(['answer', 'answer', 'answer']);
  });

  it('is not satisfied by what another connection says: its server may never have seen the write', async () => {
    const { redis, watch, waits, lose } = fakeServer();
    const write = createDurableWrites(redis, watch, 1).run('append', [], []);
    await turn();
    lose();
    waits[0]?.(1);
    await expect(write).rejects.toMatchObject({ code: 'STREAM_NOT_DURABLE' });
  });

  it('rejects when fewer replicas have it than must, and confirms the next write all the same', async () => {
    const { redis, watch, waits } = fakeServer();
    const writes = createDurableWrites(redis, watch, 2);
    const write = writes.run('append', [], []);
    await turn();
    waits[0]?.(1);
    await expect(write).rejects.toMatchObject({ code: 'STREAM_NOT_DURABLE' });
    const next = writes.run('append', [], []);
    await turn();
    waits[1]?.(2);
    await expect(next).resolves.toBe('answer');
  });

  it('shares a wait with whoever writes over the same connection, and each is told by its own watch', async () => {
    const first = fakeServer();
    const second = fakeServer();
    const rounds = new WaitingRounds(first.redis, 1);
    const writesOf = ({ redis, watch }: Fake) => createDurableWrites(redis, watch, 1, () => rounds);
    const kept = writesOf(first).run('append', [], []);
    const lost = writesOf(second).run('append', [], []);
    await turn();
    second.lose();
    expect([first.waits.length, second.waits.length]).toEqual([1, 0]);
    first.waits[0]?.(1);
    await expect(kept).resolves.toBe('answer');
    await expect(lost).rejects.toMatchObject({ code: 'STREAM_NOT_DURABLE' });
  });
});
