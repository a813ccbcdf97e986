import { drainedByBullMq, drainedByLoop, drainedByMillrace } from './load/contenders.ts';
import { startNoOpConsumer } from './processes/millrace-consumer.ts';
import type { Comparison, Scope } from './suite/comparison.ts';

/** P3: consuming by itself: matched, handled by nothing, settled and recorded. */
export function consumeNoOp({ quick, levels }: Scope): readonly Comparison[] {
  const count = quick ? 10_000 : 60_000;
  return levels.map((level) => ({
    id: `P3 ${level}`,
    title: 'consume: matched, a handler that does nothing, at least once, settled and recorded',
    contenders: [
      drainedByMillrace('Millrace', level, count, async (redis) => [await startNoOpConsumer(redis, 1_024)]),
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
