import { type DeadLetterJob, endJob, getJob, listJobs, type Partitions, type Stream } from '@millrace/stream-client';
import { ofEach } from './in-turn.js';

/** Parts of jobs that a list reads: it is shorter where a job has many. */
const MAX_PARTS_LISTED = 1_600;

/**
 * A job as a whole: the counts of all its parts. Undefined for an id that nobody knows. One that is not at home, because
 * it is being started or its starter has died, is shown by what there is of it.
 */
export async function findJobOfAll({ all, home }: Partitions, id: string): Promise<DeadLetterJob | undefined> {
  const parts = await ofEach(all, (stream) => getJob(stream, id));
  const job = parts[all.indexOf(home)] ?? parts.find((part) => part !== undefined);
  return job === undefined ? undefined : sumParts(job, parts);
}

/** The latest jobs, each as a whole. */
export async function listJobsOfAll({ all, home }: Partitions): Promise<DeadLetterJob[]> {
  const jobs = (await listJobs(home)).slice(0, Math.ceil(MAX_PARTS_LISTED / all.length));
  if (all.length === 1) return jobs;
  return Promise.all(jobs.map(async (job) => sumParts(job, await ofEach(all, (stream) => getJob(stream, job.id)))));
}

/**
 * Cancels a job: once this resolves, no letter of any partition is touched by it any more. Cancelling one that has ended is
 * harmless, and ends what a canceller or a starter before left of it.
 */
export async function cancelParts({ all, home }: Partitions, id: string): Promise<'ended' | 'not-running'> {
  const others = all.filter((stream) => stream !== home);
  const endings = [await endPart(home, id), ...(await ofEach(others, (stream) => endPart(stream, id)))];
  return endings.includes('ended') ? 'ended' : 'not-running';
}

function endPart(stream: Stream, id: string): Promise<'ended' | 'not-running'> {
  return endJob(stream, id, { state: 'cancelled' });
}

function sumParts(job: DeadLetterJob, all: readonly (DeadLetterJob | undefined)[]): DeadLetterJob {
  const parts = all.filter((part) => part !== undefined);
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
