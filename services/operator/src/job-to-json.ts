import type { DeadLetterJob, JobKind } from '@millrace/stream-client';

/** A job as a caller sees it. `redriven` or `discarded`, after its kind, and `skipped` grow while it runs; `waitsFor` is there while it cannot. */
export function jobToJson(job: DeadLetterJob): Record<string, unknown> {
  const { id, kind, state, filter, rate, matched, acted, skipped, startedAt, finishedAt, error, waitsFor } = job;
  const counts = { matched, [kind === 'redrive' ? 'redriven' : 'discarded']: acted, skipped };
  return { job: id, state, filter, rate, ...counts, startedAt, finishedAt, error, waitsFor };
}

/** What jobs of a kind are called in paths and in the audit list. */
export function nameOfJobs(kind: JobKind): 'redrives' | 'purges' {
  return kind === 'redrive' ? 'redrives' : 'purges';
}

/** Where a job is shown. */
export function pathOfJob({ kind, id }: Pick<DeadLetterJob, 'kind' | 'id'>): string {
  return `/v1/dead-letters/${nameOfJobs(kind)}/${id}`;
}
