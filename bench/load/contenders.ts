import { Queue } from 'bullmq';
import { queueOptions } from '../peers/bullmq-settings.ts';
import { type BenchProcess, startPeer } from '../processes/bench-process.ts';
import { type BenchRedis, type Level, startRedis } from '../processes/redis-level.ts';
import type { Contender } from '../suite/comparison.ts';
import { measureDrain } from './drain.ts';
import { EVENT_TYPE, EventMaker } from './events.ts';
import { openMillraceStream } from './millrace-stream.ts';
import { createPlainGroup, fillPlainStream, plainRemaining } from './plain-stream.ts';

/** Consumers of ours, started on a Redis. */
export type StartConsumers = (redis: BenchRedis) => Promise<readonly BenchProcess[]>;

/** Our consumers, draining `count` events in each measurement. `server`: whom they call, where that is to be counted. */
export function drainedByMillrace(
  name: string,
  level: Level,
  count: number,
  startConsumers: StartConsumers,
  server?: BenchProcess,
): Contender {
  return {
    name,
    start: async () => {
      const redis = await startRedis(level);
      const stream = await openMillraceStream(redis);
      const processes = await startConsumers(redis);
      const drainable = { processes, redis: redis.redis, server, fill: stream.fill, remaining: stream.remaining };
      return {
        measure: () => measureDrain(drainable, count),
        stop: async () => {
          await Promise.all(processes.map((one) => one.stop()));
          await stream.close();
          await redis.stop();
        },
      };
    },
  };
}

/** A hand-written loop of `peers/`, draining `count` entries of a plain stream. */
export function drainedByLoop(
  name: string,
  level: Level,
  count: number,
  peer: string,
  env = {},
  server?: BenchProcess,
): Contender {
  return {
    name,
    start: async () => {
      const ownRedis = await startRedis(level);
      const { redis, url } = ownRedis;
      await createPlainGroup(redis);
      const loop = await startPeer(peer, { REDIS_URL: url, ...env });
      const fill = (n: number) => fillPlainStream(redis, n);
      const drainable = { processes: [loop], redis, server, fill, remaining: () => plainRemaining(redis) };
      return {
        measure: () => measureDrain(drainable, count),
        stop: async () => {
          await loop.stop();
          await ownRedis.stop();
        },
      };
    },
  };
}

/** A BullMQ worker of `peers/`, draining `count` jobs. */
export function drainedByBullMq(
  name: string,
  level: Level,
  count: number,
  peer: string,
  env = {},
  server?: BenchProcess,
): Contender {
  return {
    name,
    start: async () => {
      const ownRedis = await startRedis(level);
      const queue = new Queue('events', queueOptions(ownRedis.url));
      const worker = await startPeer(peer, { REDIS_URL: ownRedis.url, ...env });
      const events = new EventMaker();
      const fill = async (n: number) => {
        for (let left = n; left > 0; left -= 1_000) {
          await queue.addBulk(Array.from({ length: Math.min(left, 1_000) }, () => jobOf(events)));
        }
      };
      const remaining = async () => {
        const [waiting, active] = await Promise.all([queue.getWaitingCount(), queue.getActiveCount()]);
        return waiting + active;
      };
      const drainable = { processes: [worker], redis: ownRedis.redis, server, fill, remaining };
      return {
        measure: () => measureDrain(drainable, count),
        stop: async () => {
          await worker.stop();
          await queue.close();
          await ownRedis.stop();
        },
      };
    },
  };
}

function jobOf(events: EventMaker) {
  const data = JSON.parse(events.nextJson()) as { readonly id: string };
  return { name: EVENT_TYPE, data, opts: { jobId: data.id } };
}
