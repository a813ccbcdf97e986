import { postingTo, startProducer } from './p1-one-event-per-post.ts';
import { startPeer } from './processes/bench-process.ts';
import type { Comparison, Scope } from './suite/comparison.ts';

const BATCH = { events: 100, connections: 8 };

/** P2: batches of a hundred per POST. */
export function comeInBatches(scope: Scope): readonly Comparison[] {
  return scope.levels.map((level) => ({
    id: `P2 ${level}`,
    title: `batches of ${BATCH.events} per POST, ${BATCH.connections} connections`,
    contenders: [
      postingTo('Millrace', scope, level, startProducer, BATCH),
      postingTo('Millrace, one per POST', scope, level, startProducer),
      postingTo(
        'Fastify + BullMQ addBulk',
        scope,
        level,
        ({ url }) => startPeer('fastify-bullmq', { REDIS_URL: url, BATCHES: 'true' }),
        BATCH,
      ),
    ],
    bars: [
      { contender: 'Millrace', figure: 'events/s', against: 'Millrace, one per POST', atLeast: 5 },
      { contender: 'Millrace', figure: 'events/s', against: 'Fastify + BullMQ addBulk', atLeast: 3 },
    ],
  }));
}
