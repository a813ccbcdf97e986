import { describe, expect, it } from '@jest/globals';
import { createMetrics, createRegistry } from '@millrace/runtime';
import type { ServerSample } from '@millrace/stream-client';
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

describe('ServerSampler', () => {
  it('shows what Redis says of itself, and while it says nothing only that', async () => {
    const registry = createRegistry();
    let isAway = false;
    const sampler = new ServerSampler(async () => {
      if (isAway) throw new Error('away');
      return sample;
    }, createMetrics(registry));
    const shown = async () => (await registry.metrics()).match(/^millrace_redis_\w+\{.*$/gm);
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
    isAway = true;
    await sampler.sampleOnce();
    expect(await shown()).toEqual(['millrace_redis_up{node="primary"} 0']);
  });
});
