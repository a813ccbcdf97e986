import { setTimeout as sleep } from 'node:timers/promises';
import { EventMaker } from './load/events.ts';
import { openMillraceStream } from './load/millrace-stream.ts';
import { fillPlainStream } from './load/plain-stream.ts';
import { datasetBytesOf, MIB, residentBytesOf } from './processes/memory.ts';
import { startNoOpConsumer } from './processes/millrace-consumer.ts';
import { startRedis } from './processes/redis-level.ts';
import type { Comparison, Contender, Figures, Scope } from './suite/comparison.ts';

const DATA_BYTES = 1_024;

/** P8: a backlog as large as the limit that is set by itself. */
export function holdBacklog({ quick }: Scope): readonly Comparison[] {
  const count = quick ? 40_000 : 1_000_000;
  return [
    {
      id: 'P8 memory',
      title: `a backlog of ${count.toLocaleString('en')} events of 1 KiB`,
      ...(quick ? { note: 'scaled down from 1,000,000 events' } : {}),
      rounds: 1,
      warmUps: 0,
      contenders: [millraceBacklog(count), plainBacklog(count)],
      bars: [
        { contender: 'Millrace', figure: 'bytes/event', against: 'bare XADD', atMost: 1.5 },
        { contender: 'Millrace', figure: 'append rate, full/empty', atLeast: 0.9 },
        { contender: 'Millrace', figure: 'read rate, full/empty', atLeast: 0.9 },
        { contender: 'Millrace', figure: 'consumer growth MiB', atMost: 64 },
      ],
    },
  ];
}

function plainBacklog(count: number): Contender {
  return {
    name: 'bare XADD',
    start: async () => {
      const server = await startRedis('memory');
      return {
        measure: async () => {
          const before = await datasetBytesOf(server.redis);
          await fillPlainStream(server.redis, count, new EventMaker(DATA_BYTES));
          return { 'bytes/event': ((await datasetBytesOf(server.redis)) - before) / count };
        },
        stop: () => server.stop(),
      };
    },
  };
}

function millraceBacklog(count: number): Contender {
  return {
    name: 'Millrace',
    start: async () => {
      const server = await startRedis('memory');
      const stream = await openMillraceStream(server, DATA_BYTES);
      const consumer = await startNoOpConsumer(server, 256);
      const sample = Math.max(10_000, count / 20);
      const drainTo = async (left: number) => {
        const startedAt = performance.now();
        const before = await stream.remaining();
        consumer.thaw();
        let peak = residentBytesOf(consumer.pid);
        for (;;) {
          const remaining = await stream.remaining();
          peak = Math.max(peak, residentBytesOf(consumer.pid));
          if (remaining <= left) break;
          await sleep(5);
        }
        consumer.freeze();
        return { perSecond: (before - left) / ((performance.now() - startedAt) / 1_000), peak };
      };
      const measure = async (): Promise<Figures> => {
        // Once for the compiler, and once more as the empty stream that the full one is compared with.
        await stream.fill(sample);
        await drainTo(0);
        const emptyAppend = await perSecond(sample, () => stream.fill(sample));
        const { perSecond: emptyRead, peak: usual } = await drainTo(0);
        await server.redis.xtrim(stream.stream.keys.events, 'MAXLEN', 0);
        const before = await datasetBytesOf(server.redis);
        await stream.fill(count - sample);
        const fullAppend = await perSecond(sample, () => stream.fill(sample));
        const bytes = ((await datasetBytesOf(server.redis)) - before) / count;
        const { perSecond: fullRead, peak } = await drainTo(count - sample);
        return {
          'bytes/event': bytes,
          'append rate, full/empty': fullAppend / emptyAppend,
          'read rate, full/empty': fullRead / emptyRead,
          'consumer growth MiB': (peak - usual) / MIB,
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

async function perSecond(count: number, work: () => Promise<void>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return count / ((performance.now() - startedAt) / 1_000);
}
