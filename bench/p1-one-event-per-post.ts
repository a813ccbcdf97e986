import { postForAWhile } from './load/http-load.ts';
import { withFloor } from './load/redis-floor.ts';
import { RequestMaker } from './load/request-maker.ts';
import { type BenchProcess, startPeer, startService } from './processes/bench-process.ts';
import { withCosts } from './processes/costs.ts';
import { type BenchRedis, type Level, startRedis } from './processes/redis-level.ts';
import type { Comparison, Contender, Scope } from './suite/comparison.ts';

const CONNECTIONS = 64;

/** P1: one event per POST, validated and kept once. */
export function comeOneByOne(scope: Scope): readonly Comparison[] {
  return scope.levels.map((level) => withFloor(againstFastify(scope, level), scope, level));
}

function againstFastify(scope: Scope, level: Level): Comparison {
  return {
    id: `P1 ${level}`,
    title: `one event per POST, ${CONNECTIONS} connections, validated and deduplicated`,
    contenders: [
      postingTo('Millrace', scope, level, startProducer),
      postingTo('bare Fastify', scope, level, () => startPeer('fastify-bare', {})),
      postingTo('Fastify + XADD', scope, level, ({ url }) => startPeer('fastify-xadd', { REDIS_URL: url })),
      postingTo('Fastify + BullMQ', scope, level, ({ url }) => startPeer('fastify-bullmq', { REDIS_URL: url })),
    ],
    bars: [
      { contender: 'Millrace', figure: 'events/s', against: 'bare Fastify', atLeast: 0.7 },
      { contender: 'Millrace', figure: 'events/s', against: 'Fastify + BullMQ', atLeast: 1.7 },
    ],
  };
}

/** The producer with the settings that it has by itself, but for a backlog that no benchmark fills. */
export function startProducer({ url, level }: BenchRedis): Promise<BenchProcess> {
  return startService('producer', {
    PRODUCER_PORT: '0',
    REDIS_URL: url,
    MILLRACE_DURABILITY: level,
    MILLRACE_MAX_BACKLOG: '1000000000',
  });
}

/** A contender that answers posts, with a Redis of its own. */
export function postingTo(
  name: string,
  { loadMs }: Scope,
  level: Level,
  startServer: (redis: BenchRedis) => Promise<BenchProcess>,
  batch?: { readonly events: number; readonly connections: number },
): Contender {
  return {
    name,
    start: async () => {
      const redis = await startRedis(level);
      const server = await startServer(redis);
      const load = {
        port: server.port,
        newRequests: () => new RequestMaker('/v1/events', batch?.events),
        connections: batch?.connections ?? CONNECTIONS,
        durationMs: loadMs,
      };
      return {
        measure: () =>
          withCosts([server], redis.redis, async () => {
            const { requests, seconds } = await postForAWhile(load);
            const posted = requests * (batch?.events ?? 1);
            return { events: posted, figures: { 'events/s': posted / seconds } };
          }),
        stop: async () => {
          await server.stop();
          await redis.stop();
        },
      };
    },
  };
}
