import { describe, expect, it } from '@jest/globals';
import { createLogger, createMetrics, createRegistry } from '@millrace/runtime';
import { StreamError, type StreamSample } from '@millrace/stream-client';
import { waitUntil } from '@millrace/testing';
import { Sampler } from '../src/sampler.js';

const sample: StreamSample = {
  length: 9,
  backlog: 5,
  pending: 3,
  lag: 2,
  oldestPendingAgeMs: 1_500,
  retrying: 1,
  parked: 3,
  queued: 2,
  departing: 5,
  oldestDepartingAgeMs: 2_500,
  unaccounted: 0,
  trimmedUnread: 0,
  accepted: 20,
  deadLetters: 4,
  ready: 6,
  consumers: [
    { name: 'reads', pending: 3, idleMs: 60_000 },
    { name: 'gone', pending: 0, idleMs: 60_001 },
  ],
};

function createTestSampler(takeSample: () => Promise<StreamSample>) {
  const registry = createRegistry();
  const logger = createLogger('operator', 'silent');
  const sampler = new Sampler(takeSample, createMetrics(registry), logger, () => 0);
  const shown = async () => {
    const lines = (await registry.metrics()).split('\n');
    return lines.filter((line) => line.includes('{partition=')).sort();
  };
  return { sampler, shown };
}

describe('Sampler', () => {
  it('shows a sample as gauges with the partition, counting consumers that read within the last minute', async () => {
    const { sampler, shown } = createTestSampler(async () => sample);
    await sampler.sampleOnce();
    expect(await shown()).toEqual([
      'millrace_backlog{partition="0"} 5',
      'millrace_consumers{partition="0"} 1',
      'millrace_dead_letters{partition="0"} 4',
      'millrace_group_lag{partition="0"} 2',
      'millrace_group_pending{partition="0"} 3',
      'millrace_oldest_pending_age_seconds{partition="0"} 1.5',
      'millrace_outbox_entries{partition="0"} 5',
      'millrace_outbox_oldest_age_seconds{partition="0"} 2.5',
      'millrace_parked_deliveries{partition="0"} 3',
      'millrace_queued_deliveries{partition="0"} 2',
      'millrace_ready_work{partition="0"} 6',
      'millrace_retrying_deliveries{partition="0"} 1',
      'millrace_stream_length{partition="0"} 9',
      'millrace_trimmed_unread_entries{partition="0"} 0',
      'millrace_unaccounted_entries{partition="0"} 0',
    ]);
  });

  it("shows figures of several partitions as theirs once there are several, and none as the one's", async () => {
    let partition = '0';
    const registry = createRegistry();
    const logger = createLogger('operator', 'silent');
    const metrics = createMetrics(registry);
    const sampler = new Sampler(
      async () => sample,
      metrics,
      logger,
      () => 0,
      () => partition,
    );
    await sampler.sampleOnce();
    partition = 'all';
    await sampler.sampleOnce();
    const lines = (await registry.metrics()).split('\n').filter((line) => line.startsWith('millrace_backlog{'));
    expect(lines).toEqual(['millrace_backlog{partition="all"} 5']);
  });

  it('leaves the lag out while Redis cannot tell it', async () => {
    const { lag: _lag, unaccounted: _unaccounted, ...rest } = sample;
    const answers: StreamSample[] = [sample, rest];
    const { sampler, shown } = createTestSampler(async () => answers.shift() ?? sample);
    await sampler.sampleOnce();
    await sampler.sampleOnce();
    expect((await shown()).join()).not.toContain('lag');
    expect(await shown()).toHaveLength(13);
  });

  it('shows no stale figures: while samples fail every gauge is absent', async () => {
    let isAway = false;
    const { sampler, shown } = createTestSampler(async () => {
      if (isAway) throw new StreamError('STREAM_UNAVAILABLE', 'gone');
      return sample;
    });
    await sampler.sampleOnce();
    isAway = true;
    await sampler.sampleOnce();
    expect(await shown()).toEqual([]);
    isAway = false;
    await sampler.sampleOnce();
    expect(await shown()).toHaveLength(15);
  });

  it('samples at once when started, and no more when stopped, which may happen twice', async () => {
    let taken = 0;
    const { sampler } = createTestSampler(async () => {
      taken++;
      return sample;
    });
    sampler.start();
    await waitUntil(() => taken === 1, 'the first sample is taken');
    await sampler.stop();
    await sampler.stop();
    expect(taken).toBe(1);
    expect(sampler.isStale).toBe(false);
  });
});
