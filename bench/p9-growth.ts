import { setTimeout as sleep } from 'node:timers/promises';
import { measureDrain } from './load/drain.ts';
import { openMillraceStream } from './load/millrace-stream.ts';
import { datasetBytesOf, MIB, residentBytesOf } from './processes/memory.ts';
import { startNoOpConsumer } from './processes/millrace-consumer.ts';
import { startRedis } from './processes/redis-level.ts';
import type { Comparison, Contender, Figures, Scope } from './suite/comparison.ts';

const SLICE = 5_000;
/** Trimming takes whole nodes, and housekeeping comes round every few seconds. */
const MAX_WAIT_MS = 60_000;
/** What one consumer has without an event: stream, counters, map, who is there, with which configuration, and its two reports. */
const IDLE_KEYS = 7;
/** Of the events, before the memory of the consumer is looked at first: by then its young generation is as large as it gets. */
const WARM_SHARE = 0.1;

/** P9: nothing is left behind, however many events have gone through. */
export function leaveNothing({ quick }: Scope): readonly Comparison[] {
  const count = quick ? 15_000 : 1_000_000;
  const lifetimeMs = quick ? 2_000 : 60_000;
  return [
    {
      id: 'P9 memory',
      title: `${count.toLocaleString('en')} settled events later, all lifetimes ${lifetimeMs / 1_000} s`,
      ...(quick ? { note: 'scaled down from 1,000,000 events and 60 s' } : {}),
      rounds: 1,
      warmUps: 0,
      contenders: [passing(count, lifetimeMs)],
      bars: [
        { contender: 'Millrace', figure: 'Redis growth MiB', atMost: 4 },
        { contender: 'Millrace', figure: 'consumer growth MiB', atMost: 64 },
        { contender: 'Millrace', figure: 'keys left', atMost: IDLE_KEYS },
      ],
    },
  ];
}

function passing(count: number, lifetimeMs: number): Contender {
  return {
    name: 'Millrace',
    start: async () => {
      const server = await startRedis('memory');
      const stream = await openMillraceStream(server);
      const lifetime = String(lifetimeMs);
      const consumer = await startNoOpConsumer(server, 256, {
        MILLRACE_IDENTITY_TTL_MS: lifetime,
        MILLRACE_RECORD_TTL_MS: lifetime,
        MILLRACE_RETENTION_MS: lifetime,
      });
      const { redis } = server;
      const drainable = { processes: [consumer], redis, fill: stream.fill, remaining: stream.remaining };
      const measure = async (): Promise<Figures> => {
        const redisBefore = await datasetBytesOf(redis);
        const drain = async (events: number) => {
          for (let done = 0; done < events; done += SLICE) await measureDrain(drainable, SLICE);
        };
        const warm = Math.max(SLICE, count * WARM_SHARE);
        await drain(warm);
        const before = residentBytesOf(consumer.pid);
        await drain(count - warm);
        consumer.thaw();
        const after = residentBytesOf(consumer.pid);
        await untilFew(() => redis.xlen(stream.stream.keys.events), 200, lifetimeMs + MAX_WAIT_MS);
        await untilFew(() => redis.dbsize(), IDLE_KEYS, lifetimeMs + MAX_WAIT_MS);
        return {
          'Redis growth MiB': ((await datasetBytesOf(redis)) - redisBefore) / MIB,
          'consumer growth MiB': (after - before) / MIB,
          'keys left': await redis.dbsize(),
          'entries left': await redis.xlen(stream.stream.keys.events),
        };
      };
      return {
        measure,
        stop: async () => {
          await consumer.stop();
          await stream.close();
          await server.stop();
        },
      };
    },
  };
}

/** Waits for a number to fall; where it does not, the figures say so. */
async function untilFew(count: () => Promise<number>, few: number, limitMs: number): Promise<void> {
  const giveUpAt = performance.now() + limitMs;
  while ((await count()) > few && performance.now() < giveUpAt) await sleep(100);
}
