import { readFileSync } from 'node:fs';
import type { Partitions } from '@millrace/stream-client';
import type { FastifyInstance } from 'fastify';
import { describePartitions } from '../partitions/describe-partitions.js';
import { RedisNodes } from '../partitions/redis-nodes.js';
import type { Samples } from '../partitions/samples.js';
import { examine } from '../system/examine.js';

const packageFile = new URL('../../package.json', import.meta.url);
const { version } = JSON.parse(readFileSync(packageFile, 'utf8')) as { version: string };

/**
 * `GET /v1/system`: what runs here, what it promises, how Redis is doing, the settings without any secret, and what was
 * checked: what is wrong, and how it is mended. Answers 200 while Redis is away, too: that is then what is found.
 */
export function addSystem(
  app: FastifyInstance,
  partitions: Partitions,
  samples: Samples,
  nowMs: () => number = Date.now,
): void {
  const { home: stream } = partitions;
  const nodes = new RedisNodes(partitions);
  const startedAt = new Date(nowMs() - performance.now());
  app.get('/v1/system', async () => {
    const { server, checks } = await examine({ partitions, samples, nodes, nowMs });
    const problems = stream.problems();
    const { durability, replicas, namespace, identityTtlMs, recordTtlMs } = stream.settings;
    return {
      versions: { millrace: version, node: process.versions.node, redis: server?.version ?? null },
      startedAt,
      durability: { asked: durability, holds: problems.length === 0, problems },
      redis: server === undefined ? null : { ...server, nowMs: undefined, at: new Date(server.nowMs) },
      settings: { durability, replicas, namespace, identityTtlMs, recordTtlMs },
      partitions: describePartitions(partitions, samples),
      checks,
    };
  });
}
