import { describe, expect, it } from '@jest/globals';
import { createMetrics, createRegistry } from '@millrace/runtime';
import type { ServerSample, Stream } from '@millrace/stream-client';
import type { RedisNode } from '../src/partitions/redis-nodes.js';
import { ServerSampler } from '../src/server-sampler.js';

const sample: ServerSample = {
  usedBytes: 10,
  maxBytes: 100,
  clients: 3,
  commandsPerSecond: 5,
  isAofWritten: false,
  delayedFsyncs: 1,
  evictedKeys: 2,
  connectedReplicas: 0,
};

const nodeOf = (name: string): RedisNode => ({ name, streams: [{} as Stream] });

function sampling(nodes: () => readonly string[], away: ReadonlySet<string>) {
  const registry = createRegistry();
  const sampler = new ServerSampler(
    () => nodes().map(nodeOf),
    async ({ name }) => {
      if (away.has(name)) throw new Error('away');
      return sample;
    },
    createMetrics(registry),
  );
  return { sampler, shown: async () => (await registry.metrics()).match(/^millrace_redis_\w+\{.*$/gm) };
}

describe('ServerSampler', () => {
  it('shows what Redis says of itself, and while it says nothing only that', async () => {
    const away = new Set<string>();
    const { sampler, shown } = sampling(() => ['primary'], away);
    await sampler.sampleOnce();
    expect(await shown()).toEqual([
      'millrace_redis_up{node="primary"} 1',
      'millrace_redis_memory_used_bytes{node="primary"} 10',
      'millrace_redis_memory_max_bytes{node="primary"} 100',
      'millrace_redis_aof_written{node="primary"} 0',
      'millrace_redis_aof_delayed_fsyncs{node="primary"} 1',
      'millrace_redis_evicted_keys{node="primary"} 2',
      'millrace_redis_clients{node="primary"} 3',
      'millrace_redis_commands_per_second{node="primary"} 5',
      'millrace_redis_replicas{node="primary"} 0',
    ]);
    away.add('primary');
    await sampler.sampleOnce();
    expect(await shown()).toEqual(['millrace_redis_up{node="primary"} 0']);
  });

  it('shows each node of a cluster by itself, and forgets one that has no partition any more', async () => {
    let nodes = ['a:1', 'b:2'];
    const { sampler, shown } = sampling(() => nodes, new Set(['b:2']));
    await sampler.sampleOnce();
    const lines = await shown();
    expect(lines).toEqual(
      expect.arrayContaining(['millrace_redis_up{node="a:1"} 1', 'millrace_redis_up{node="b:2"} 0']),
    );
    expect(lines?.filter((line) => line.includes('b:2'))).toHaveLength(1);
    nodes = ['a:1'];
    await sampler.sampleOnce();
    expect((await shown())?.filter((line) => line.includes('b:2'))).toEqual([]);
  });
});
