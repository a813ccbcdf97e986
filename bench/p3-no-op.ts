import { drainedByBullMq, drainedByLoop, drainedByMillrace } from './load/contenders.ts';
import { EVENT_TYPE } from './load/events.ts';
import { startConsumer } from './processes/millrace-consumer.ts';
import type { Comparison, Scope } from './suite/comparison.ts';

/** A route for other events: one that no route accepts is settled and recorded all the same. */
export const otherRoute = {
  id: 'other',
  on: { type: `${EVENT_TYPE}.not` },
  call: { server: 'aws', tool: 'none' },
  with: '{}',
};

/** P3: consuming by itself: matched, handled by nothing, settled and recorded. */
export function consumeNoOp({ quick, levels }: Scope): readonly Comparison[] {
  const count = quick ? 10_000 : 60_000;
  return levels.map((level) => ({
    id: `P3 ${level}`,
    title: 'consume: matched, handled by nothing, at least once, settled and recorded',
    contenders: [
      drainedByMillrace('Millrace', level, count, async (redis) => [
        await startConsumer(redis, { routes: [otherRoute], concurrency: 1_024 }),
      ]),
      drainedByLoop('ioredis loop of 256', level, count, 'batch-loop'),
      drainedByBullMq('BullMQ worker', level, count / 4, 'bullmq-worker'),
      drainedByLoop('read-one loop', level, count / 4, 'read-one-loop'),
    ],
    bars: [
      { contender: 'Millrace', figure: 'events/s', against: 'ioredis loop of 256', atLeast: 0.6 },
      { contender: 'Millrace', figure: 'events/s', against: 'BullMQ worker', atLeast: 6 },
      { contender: 'Millrace', figure: 'events/s', against: 'read-one loop', atLeast: 6 },
    ],
  }));
}
