import type { Attributes, Delivery } from './events';
import type { Page } from './page';
import { request } from './request';

/** A delivery that was given up, with the attributes of its event; `event` is null when nobody could decode it. */
export interface DeadLetter extends Omit<Delivery, 'id'> {
  readonly id: string;
  readonly ref: string;
  readonly route: string;
  readonly deadAt: string;
  readonly event: Attributes | null;
  readonly dataBytes: number;
}

/** By what dead letters are chosen. Texts as the operator takes them; times as RFC 3339. */
export const FILTER_NAMES = ['route', 'reason', 'type', 'code', 'class', 'text', 'since', 'until'] as const;
export type DeadLetterFilter = Partial<Record<(typeof FILTER_NAMES)[number], string>>;

/** A redrive or a purge that runs in the operator. */
export interface Job {
  readonly job: string;
  readonly state: 'running' | 'done' | 'cancelled' | 'failed';
  readonly filter: DeadLetterFilter;
  readonly rate: number;
  readonly matched: number;
  readonly redriven?: number;
  readonly discarded?: number;
  readonly skipped: number;
  readonly startedAt: string;
  readonly finishedAt?: string;
  readonly error?: string;
}

export type JobKind = 'redrives' | 'purges';

/** The latest to die first. */
export function listDeadLetters(
  filter: DeadLetterFilter,
  page: { limit: number; cursor?: string | undefined },
  signal: AbortSignal,
): Promise<Page<DeadLetter>> {
  return request('GET', 'v1/dead-letters', { query: { ...filter, ...page }, signal });
}

export function redrive(id: string): Promise<unknown> {
  return request('POST', `v1/dead-letters/${encodeURIComponent(id)}/redrive`);
}

export function discard(id: string): Promise<unknown> {
  return request('DELETE', `v1/dead-letters/${encodeURIComponent(id)}`);
}

export function resolve(id: string, note: string): Promise<unknown> {
  return request('POST', `v1/dead-letters/${encodeURIComponent(id)}/resolve`, { body: note === '' ? {} : { note } });
}

/** How many a filter accepts now. */
export async function countMatches(kind: JobKind, filter: DeadLetterFilter, signal?: AbortSignal): Promise<number> {
  const body = { filter, dryRun: true };
  const parts = signal === undefined ? { body } : { body, signal };
  return (await request<{ matched: number }>('POST', `v1/dead-letters/${kind}`, parts)).matched;
}

/** Starts a job over what the filter accepts. `expect` is the count that somebody has confirmed; a purge wants it. */
export function startJob(
  kind: JobKind,
  order: { filter: DeadLetterFilter; rate: number; expect?: number },
): Promise<Job> {
  return request('POST', `v1/dead-letters/${kind}`, { body: order });
}

/** The latest jobs of one kind. */
export async function listJobs(kind: JobKind, signal: AbortSignal): Promise<readonly Job[]> {
  return (await request<Page<Job>>('GET', `v1/dead-letters/${kind}`, { signal })).items;
}

export function cancelJob(kind: JobKind, job: string): Promise<unknown> {
  return request('DELETE', `v1/dead-letters/${kind}/${encodeURIComponent(job)}`);
}
