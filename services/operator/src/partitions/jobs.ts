import {
  type DeadLetterJob,
  endJob,
  getJob,
  type JobOrder,
  type JobStart,
  listJobs,
  newJobId,
  type Partitions,
  startJob,
} from '@millrace/stream-client';
import { ofEach } from './in-turn.js';

/** Parts of jobs that a list reads: it is shorter where a job has many. */
const MAX_PARTS_LISTED = 1_600;

/**
 * Starts a job that has a part in each partition, all with one id: every part has its own count and its own place, and no
 * step of it touches two partitions. The part at home is the job: it is started last, and ended last. `matched` are the
 * letters of each partition.
 */
export async function startParts(
  { all, home }: Partitions,
  order: Omit<JobOrder, 'matched'>,
  matched: readonly number[],
): Promise<JobStart> {
  const id = newJobId();
  const started: (typeof all)[number][] = [];
  for (const [at, stream] of [...all.entries()].reverse()) {
    const start = await startJob(stream, { ...order, matched: matched[at] ?? 0 }, id);
    if (start.kind === 'busy') {
      await ofEach(started, (other) => endJob(other, id, { state: 'cancelled' }));
      return start;
    }
    started.push(stream);
    if (stream === home) return { kind: 'started', job: await sumParts(all, start.job) };
  }
  throw new Error('a deployment has a home');
}

/** A job as a whole: the counts of all its parts. Undefined for an id that nobody knows. */
export async function findJobOfAll({ all, home }: Partitions, id: string): Promise<DeadLetterJob | undefined> {
  const job = await getJob(home, id);
  return job === undefined ? undefined : sumParts(all, job);
}

/** The latest jobs, each as a whole. */
export async function listJobsOfAll({ all, home }: Partitions): Promise<DeadLetterJob[]> {
  const jobs = (await listJobs(home)).slice(0, Math.ceil(MAX_PARTS_LISTED / all.length));
  return Promise.all(jobs.map((job) => sumParts(all, job)));
}

/**
 * Cancels a job: once this resolves, no letter of any partition is touched by it any more. Cancelling one that has ended is
 * harmless, and ends what a canceller before left of it.
 */
export async function cancelParts({ all, home }: Partitions, id: string): Promise<'ended' | 'not-running'> {
  const ending = await endJob(home, id, { state: 'cancelled' });
  const others = all.filter((stream) => stream !== home);
  await ofEach(others, (stream) => endJob(stream, id, { state: 'cancelled' }));
  return ending;
}

async function sumParts(all: Partitions['all'], job: DeadLetterJob): Promise<DeadLetterJob> {
  if (all.length === 1) return job;
  const parts = (await ofEach(all, (stream) => getJob(stream, job.id))).filter((part) => part !== undefined);
  const sum = (of: (part: DeadLetterJob) => number) => parts.reduce((total, part) => total + of(part), 0);
  const waiting = parts.find(({ waitsFor }) => waitsFor !== undefined);
  return {
    ...job,
    matched: sum(({ matched }) => matched),
    acted: sum(({ acted }) => acted),
    skipped: sum(({ skipped }) => skipped),
    ...(waiting?.waitsFor === undefined ? {} : { waitsFor: waiting.waitsFor }),
  };
}
