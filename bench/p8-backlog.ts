import { setTimeout as sleep } from 'node:timers/promises';
import { EventMaker } from './load/events.ts';
import { openMillraceStream } from './load/millrace-stream.ts';
import { fillPlainStream } from './load/plain-stream.ts';
import { datasetBytesOf, MIB, residentBytesOf } from './processes/memory.ts';
import { startNoOpConsumer } from './processes/millrace-consumer.ts';
import { startRedis, untilRewritten } from './processes/redis-level.ts';
import type { Comparison, Contender, Figures, Scope } from './suite/comparison.ts';
import { spreadOf } from './suite/summary.ts';

const DATA_BYTES = 1_024;
/** Of each rate, of which the median counts: one alone takes a second, and says what the neighbours did in it. */
const SAMPLES = 5;

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
      const sample = Math.max(4_000, count / 20);
      const append = async () => {
        await untilRewritten(server.redis);
        return perSecond(sample, () => stream.fill(sample));
      };
      const drainTo = async (left: number) => {
        await untilRewritten(server.redis);
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
        return { read: (before - left) / ((performance.now() - startedAt) / 1_000), peak };
      };
      const measure = async (): Promise<Figures> => {
        // Once for the compiler, and once more as the empty stream that the full one is compared with.
        await stream.fill(sample);
        await drainTo(0);
        const empty: Sample[] = [];
        for (let n = 0; n < SAMPLES; n++) empty.push({ append: await append(), ...(await drainTo(0)) });
        await server.redis.xtrim(stream.stream.keys.events, 'MAXLEN', 0);
        const before = await datasetBytesOf(server.redis);
        await stream.fill(count - sample);
        const full: Sample[] = [];
        let bytes = 0;
        for (let n = 0; n < SAMPLES; n++) {
          const rate = await append();
          if (n === 0) bytes = ((await datasetBytesOf(server.redis)) - before) / count;
          full.push({ append: rate, ...(await drainTo(count - sample)) });
        }
        return {
          'bytes/event': bytes,
          'append rate, full/empty': medianOf(full, 'append') / medianOf(empty, 'append'),
          'read rate, full/empty': medianOf(full, 'read') / medianOf(empty, 'read'),
          'consumer growth MiB': (peakOf(full) - peakOf(empty)) / MIB,
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

/** Events a second, and the most memory that the consumer had. */
interface Sample {
  readonly append: number;
  readonly read: number;
  readonly peak: number;
}

function medianOf(samples: readonly Sample[], rate: 'append' | 'read'): number {
  return spreadOf(samples.map((sample) => sample[rate])).median;
}

function peakOf(samples: readonly Sample[]): number {
  return Math.max(...samples.map(({ peak }) => peak));
}

async function perSecond(count: number, work: () => Promise<void>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return count / ((performance.now() - startedAt) / 1_000);
}
