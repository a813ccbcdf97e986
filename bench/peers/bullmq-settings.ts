import type { JobsOptions, QueueOptions } from 'bullmq';

/**
 * BullMQ as docs.bullmq.io advises for production: one connection a queue, `maxRetriesPerRequest: null` for workers
 * alone, jobs removed once they are done but for the last thousand ("Auto-removal of jobs"), Redis with `noeviction` and
 * the append-only file.
 */
export function queueOptions(redisUrl: string): QueueOptions {
  const { hostname: host, port } = new URL(redisUrl);
  return { connection: { host, port: Number(port) }, defaultJobOptions: jobOptions };
}

const jobOptions: JobsOptions = { removeOnComplete: { count: 1_000 }, removeOnFail: { count: 1_000 } };

/** Throttles nothing. What BullMQ reached with it here: 50 was as good as 100 and 200, 10 was worse. */
export const WORKER_CONCURRENCY = 50;
