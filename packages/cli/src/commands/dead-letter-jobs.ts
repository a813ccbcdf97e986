import { sleep } from '@millrace/core';
import type { Command } from 'commander';
import { CliError, EXIT } from '../errors.js';
import type { HttpClient } from '../http-client.js';
import { addCommand, type CommandContext, operatorOf, type SharedOptions, withOperatorUrl } from './context.js';
import type { Filter } from './dead-letter-options.js';
import { showList } from './show-list.js';

/** The two kinds of jobs, as their paths are called. */
export type JobKind = 'redrives' | 'purges';
const KINDS: readonly JobKind[] = ['redrives', 'purges'];

/** How often a job is looked at, in ms. */
const LOOK_EVERY_MS = 400;
/** An operator that does not answer is asked again for so long, in ms: the job goes on without us. */
const MAX_SILENCE_MS = 30_000;

interface JobView {
  readonly job: string;
  readonly state: 'running' | 'done' | 'cancelled' | 'failed';
  readonly filter: Filter;
  readonly matched: number;
  readonly redriven?: number;
  readonly discarded?: number;
  readonly skipped: number;
  readonly startedAt: string;
  readonly error?: string;
  readonly waitsFor?: string;
}

/** What a job is to do. */
export interface JobOrder {
  readonly filter: Filter;
  readonly rate: number | undefined;
  /** Of a purge: the count that somebody has seen. */
  readonly expect?: number;
}

/** How many dead letters the filter accepts now. */
export async function countMatches(operator: HttpClient, filter: Filter, signal: AbortSignal): Promise<number> {
  const json = JSON.stringify({ filter, dryRun: true });
  const { body } = await operator.request({ method: 'POST', path: '/v1/dead-letters/redrives', json, signal });
  return (body as { readonly matched: number }).matched;
}

/**
 * Starts a job and follows it to its end, which decides the exit code; Ctrl-C cancels it, and what it has done stays done.
 * With `--detach` it is left to itself.
 */
export async function runJob(
  kind: JobKind,
  { filter, rate, expect }: JobOrder,
  options: SharedOptions & { readonly detach?: true },
  context: CommandContext,
): Promise<void> {
  const { terminal, signal } = context;
  const operator = operatorOf(context, options);
  const json = JSON.stringify({ filter, rate, expect });
  const { body } = await operator.request({ method: 'POST', path: `/v1/dead-letters/${kind}`, json, signal });
  const started = body as JobView;
  const job = options.detach ? started : await follow(kind, started, operator, context);
  terminal.out(options.json ? JSON.stringify(job) : describeJob(job));
  const isFine = job.state === 'done' || (options.detach && job.state === 'running');
  if (!isFine) context.exitWith(EXIT.no);
}

async function follow(
  kind: JobKind,
  started: JobView,
  operator: HttpClient,
  { terminal, signal }: CommandContext,
): Promise<JobView> {
  const path = pathOf(kind, started.job);
  let job = started;
  let heardAt = performance.now();
  while (job.state === 'running') {
    terminal.progress(describeJob(job));
    await sleep(LOOK_EVERY_MS, signal);
    if (signal.aborted) await operator.exchange({ method: 'DELETE', path });
    const exchange = await operator.exchange({ path });
    if (exchange.kind === 'answered' && exchange.answer.status === 200) {
      job = exchange.answer.body as JobView;
      heardAt = performance.now();
      // Redis may be in no state to keep a cancellation.
      if (signal.aborted && job.state === 'running') {
        throw new CliError('CLI_UNKNOWN', `job ${job.job} is not cancelled and may go on: dead-letters cancel`);
      }
    } else if (signal.aborted || performance.now() - heardAt > MAX_SILENCE_MS) {
      throw new CliError('CLI_UNKNOWN', `the operator does not answer; job ${job.job} may go on: dead-letters jobs`);
    }
  }
  terminal.progress('');
  return job;
}

/** `dead-letters jobs` and `dead-letters cancel`. */
export function addJobCommands(deadLetters: Command, context: CommandContext): void {
  const add = (usage: string, summary: string) => withOperatorUrl(addCommand(deadLetters, usage, summary));

  add('jobs', 'the latest redrives and purges').action(async (options: SharedOptions) => {
    const operator = operatorOf(context, options);
    const found = await Promise.all(KINDS.map((kind) => listJobs(operator, kind, context.signal)));
    const jobs = found.flat().sort((one, other) => other.startedAt.localeCompare(one.startedAt));
    if (options.json) return context.terminal.out(JSON.stringify({ items: jobs }));
    const rows = jobs.map((job) => [job.job, describeJob(job), describeFilter(job.filter), job.startedAt]);
    showList(context, ['JOB', 'STATE', 'FILTER', 'STARTED'], rows, 'no job was started within the last week');
  });

  add('cancel <job>', 'end a redrive or purge; what it has done stays done').action(
    async (id: string, options: SharedOptions) => {
      const operator = operatorOf(context, options);
      const kind = (await kindOf(operator, id, context.signal)) ?? 'redrives';
      const { body } = await operator.request({ method: 'DELETE', path: pathOf(kind, id), signal: context.signal });
      context.terminal.out(options.json ? JSON.stringify(body) : describeJob(body as JobView));
    },
  );
}

async function listJobs(operator: HttpClient, kind: JobKind, signal: AbortSignal): Promise<readonly JobView[]> {
  const { body } = await operator.request({ path: `/v1/dead-letters/${kind}`, signal });
  return (body as { readonly items: readonly JobView[] }).items;
}

/** An id does not say whose it is. */
async function kindOf(operator: HttpClient, id: string, signal: AbortSignal): Promise<JobKind | undefined> {
  for (const kind of KINDS) {
    const exchange = await operator.exchange({ path: pathOf(kind, id), signal });
    if (exchange.kind === 'answered' && exchange.answer.status === 200) return kind;
  }
  return undefined;
}

function pathOf(kind: JobKind, id: string): string {
  return `/v1/dead-letters/${kind}/${encodeURIComponent(id)}`;
}

function describeFilter(filter: Filter): string {
  const conditions = Object.entries(filter).map(([name, value]) => `${name} ${value}`);
  return conditions.join(', ') || 'all';
}

function describeJob({ state, matched, redriven, discarded, skipped, error, waitsFor }: JobView): string {
  const did = redriven === undefined ? `${discarded ?? 0} discarded` : `${redriven} redriven`;
  const waits = waitsFor === undefined ? undefined : `waits for Redis: ${waitsFor}`;
  const rest = [skipped > 0 ? `${skipped} skipped` : undefined, error, waits].filter((one) => one !== undefined);
  return [`${state}: ${did} of ${matched}`, ...rest].join(', ');
}
