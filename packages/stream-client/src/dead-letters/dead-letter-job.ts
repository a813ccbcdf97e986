import { randomBytes } from 'node:crypto';
import { sleep } from '@millrace/core';
import { send } from '../connection/connection.js';
import type { Stream } from '../stream.js';
import type { DeadLetterFilter } from './dead-letter-filter.js';
import { type Position, parsePosition } from './dead-letter-index.js';

/** What a job does about each letter: send it round again, or give it up. */
export type JobKind = 'redrive' | 'purge';

/**
 * A job over many dead letters. Its set is fixed when it starts: the letters that its filter accepts and that had died
 * by `newest`; what dies later is not swept in. Letters of the set that somebody else steers meanwhile are left out, so
 * `acted + skipped` may end below `matched`. The counts are exact, also after a crash of whoever runs the job.
 */
export interface DeadLetterJob {
  readonly id: string;
  readonly kind: JobKind;
  readonly state: 'running' | 'done' | 'cancelled' | 'failed';
  readonly filter: DeadLetterFilter;
  /** Letters per second, at most. */
  readonly rate: number;
  /** The latest death that belongs to the set, in ms. */
  readonly newest: number;
  /** Letters in the set when it was counted. */
  readonly matched: number;
  /** Letters redriven, or given up. */
  readonly acted: number;
  /** Letters that cannot be redriven, because their entries could not be decoded. */
  readonly skipped: number;
  readonly startedAt: Date;
  readonly finishedAt?: Date;
  /** Why it failed. */
  readonly error?: string;
  /** What a running job waits for before it goes on. */
  readonly waitsFor?: string;
  /** How far it has come. */
  readonly after?: Position;
}

/** What has to be decided about a job before it starts. */
export type JobOrder = Pick<DeadLetterJob, 'kind' | 'filter' | 'rate' | 'newest' | 'matched'>;

export type JobStart =
  | { readonly kind: 'started'; readonly job: DeadLetterJob }
  /** One job runs at a time; this one does. */
  | { readonly kind: 'busy'; readonly jobId: string };

const MAX_LISTED_JOBS = 100;
/** Longest wait for Redis' clock to pass the latest death, in ms. */
const MAX_CLOCK_WAIT_MS = 50;

/**
 * The latest death so far, in ms, at a time when no further letter can get the same one. A set that ends here stays as
 * it is; without dead letters it is empty.
 */
export async function findNewestDeath(stream: Stream): Promise<number> {
  const { redis, keys } = stream;
  const [, score] = await send('ZRANGE', redis.zrange(keys.dead, '0', '0', 'REV', 'WITHSCORES'));
  const newest = Number(score ?? 0);
  const [seconds, microseconds] = await send('TIME', redis.time());
  const now = Number(seconds) * 1_000 + Math.floor(Number(microseconds) / 1_000);
  if (newest >= now) await sleep(Math.min(newest - now + 1, MAX_CLOCK_WAIT_MS));
  return newest;
}

/** An id that no other job has. */
export function newJobId(): string {
  return randomBytes(9).toString('hex');
}

/**
 * Starts a job, unless one is running in this partition. Whoever holds it first runs it. Rejects with STREAM_NOT_DURABLE
 * when it has not started, or may be lost: the list of jobs says which.
 */
export async function startJob(stream: Stream, order: JobOrder, id = newJobId()): Promise<JobStart> {
  const { keys, writes } = stream;
  const { kind, filter, rate, newest, matched } = order;
  const fields = ['kind', kind, 'filter', JSON.stringify(filter), 'rate', rate, 'newest', newest, 'matched', matched];
  const names = [keys.runningJob, keys.job(id), keys.jobs];
  const [word, other] = (await writes.run('start-job', names, [id, MAX_LISTED_JOBS, ...fields])) as string[];
  if (word === 'busy') return { kind: 'busy', jobId: String(other) };
  const job = await getJob(stream, id);
  if (job === undefined) throw new Error(`job ${id} vanished as it started`);
  return { kind: 'started', job };
}

/** Resolves with undefined for an id that never was, or whose job ended too long ago. */
export async function getJob(stream: Stream, id: string): Promise<DeadLetterJob | undefined> {
  const fields = await send('HGETALL', stream.redis.hgetall(stream.keys.job(id)));
  return fields.state === undefined ? undefined : toJob(id, fields);
}

/** The latest 100 jobs, the newest first, less those that ended too long ago. */
export async function listJobs(stream: Stream): Promise<DeadLetterJob[]> {
  const ids = await send('ZRANGE', stream.redis.zrange(stream.keys.jobs, '0', String(MAX_LISTED_JOBS - 1), 'REV'));
  const jobs = await Promise.all(ids.map((id) => getJob(stream, id)));
  return jobs.filter((job) => job !== undefined);
}

/** The job that is running; undefined when none is. */
export async function findRunningJob(stream: Stream): Promise<DeadLetterJob | undefined> {
  const id = await send('GET', stream.redis.get(stream.keys.runningJob));
  return id === null ? undefined : getJob(stream, id);
}

function toJob(id: string, fields: Record<string, string>): DeadLetterJob {
  const { finishedAt, error, state, waitsFor = '' } = fields;
  const after = parsePosition(fields.cursor ?? '');
  return {
    id,
    kind: fields.kind as JobKind,
    state: state as DeadLetterJob['state'],
    filter: parseFilter(fields.filter ?? '{}'),
    rate: Number(fields.rate),
    newest: Number(fields.newest),
    matched: Number(fields.matched),
    acted: Number(fields.acted ?? 0),
    skipped: Number(fields.skipped ?? 0),
    startedAt: new Date(Number(fields.startedAt)),
    ...(finishedAt === undefined ? {} : { finishedAt: new Date(Number(finishedAt)) }),
    ...(error === undefined ? {} : { error }),
    ...(state === 'running' && waitsFor !== '' ? { waitsFor } : {}),
    ...(after === undefined ? {} : { after }),
  };
}

/** JSON has times as text. */
function parseFilter(json: string): DeadLetterFilter {
  const { since, until, ...rest } = JSON.parse(json) as Record<'since' | 'until', string | undefined>;
  return {
    ...rest,
    ...(since === undefined ? {} : { since: new Date(since) }),
    ...(until === undefined ? {} : { until: new Date(until) }),
  };
}
