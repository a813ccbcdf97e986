import { ProblemError } from '@millrace/runtime';
import type { DeadLetterFilter, DeadLetterJob, JobKind, Partitions } from '@millrace/stream-client';
import type { FastifyInstance } from 'fastify';
import { type Static, Type } from 'typebox';
import { personOf } from '../access/require-person.js';
import type { Audit } from '../audit.js';
import { checkInput, invalid } from '../check-input.js';
import { countChanged, filterTooWide, jobFinished, jobNotFound, jobRunning } from '../error-handler.js';
import { FILTER_FIELDS, toFilter } from '../filter-input.js';
import { jobToJson, nameOfJobs, pathOfJob } from '../job-to-json.js';
import { countInEach, findNewestInEach } from '../partitions/dead-letters.js';
import { cancelParts, findJobOfAll, listJobsOfAll } from '../partitions/jobs.js';
import { startParts } from '../partitions/start-job.js';
import { messagesFor } from '../redaction/messages.js';
import type { Redaction } from '../redaction/redaction.js';
import type { Redactor } from '../redaction/redactor.js';

/** Letters per second where a caller names no rate: what is redriven calls tools again, what is purged calls nobody. */
const DEFAULT_RATE = { redrive: 50, purge: 500 } as const;
/** Letters that one request looks at, to count those that its filter accepts. */
const MAX_COUNTED = 100_000;

const strict = { additionalProperties: false };
/** What a job is ordered with. */
export const orderBody = Type.Object(
  {
    // Required even where it is empty: all is something to be said.
    filter: Type.Object(FILTER_FIELDS, strict),
    rate: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000 })),
    dryRun: Type.Boolean({ default: false }),
    expect: Type.Optional(Type.Integer({ minimum: 0 })),
  },
  strict,
);

interface ByJob {
  readonly Params: { readonly job: string };
}

/** What the paths are made of. `onJobStarted` is told that there is a job to run. */
export interface JobParts {
  readonly partitions: Partitions;
  readonly audit: Audit;
  readonly redaction: Redaction;
  readonly onJobStarted: () => void;
}

/**
 * Jobs over dead letters of one kind, below `/v1/dead-letters/redrives` or `/purges`: `POST` counts what a filter accepts
 * now and starts a job over exactly those (202), or with `dryRun` counts and does no more (200); `GET` lists the latest
 * jobs or shows one; `DELETE` cancels one. A purge wants the count that its caller expects, and refuses any other: 409.
 */
export function addDeadLetterJobs(app: FastifyInstance, kind: JobKind, parts: JobParts): void {
  const { partitions, audit, redaction } = parts;
  const path = `/v1/dead-letters/${nameOfJobs(kind)}`;

  app.post(path, async (request, reply) => {
    const { body, ip } = request;
    const order = checkOrder(kind, body);
    const { shares, matched } = await countNow(partitions, order.filter, redaction.for(personOf(request)));
    const { filter, rate, dryRun, expect } = order;
    if (dryRun) return { dryRun, filter, matched };
    if (kind === 'purge' && expect !== matched) throw new ProblemError(countChanged(matched));
    const started = await startParts(partitions, { kind, filter, rate }, shares);
    if (started.kind === 'busy') throw new ProblemError(jobRunning(started.jobId));
    parts.onJobStarted();
    const { job } = started;
    const target = JSON.stringify(filter);
    await audit({ action: `${nameOfJobs(kind)}.start`, target, count: matched, from: ip, by: personOf(request).name });
    return reply.code(202).header('location', pathOfJob(job)).send(jobToJson(job));
  });

  app.get(path, async () => {
    const jobs = await listJobsOfAll(partitions);
    return { items: jobs.filter((job) => job.kind === kind).map(jobToJson) };
  });

  app.get<ByJob>(`${path}/:job`, async ({ params }) => jobToJson(await findJob(partitions, kind, params.job)));

  app.delete<ByJob>(`${path}/:job`, async (request) => {
    const { params, ip } = request;
    const { id } = await findJob(partitions, kind, params.job);
    if ((await cancelParts(partitions, id)) === 'not-running') throw new ProblemError(jobFinished());
    const job = await findJob(partitions, kind, id);
    await audit({
      action: `${nameOfJobs(kind)}.cancel`,
      target: id,
      count: job.acted,
      from: ip,
      by: personOf(request).name,
    });
    return jobToJson(job);
  });
}

type Order = Omit<Static<typeof orderBody>, 'filter' | 'rate'> & { filter: DeadLetterFilter; rate: number };

function checkOrder(kind: JobKind, body: unknown): Order {
  const order = checkInput(orderBody, body);
  const { dryRun, expect, rate = DEFAULT_RATE[kind] } = order;
  if (kind === 'purge' && !dryRun && expect === undefined) {
    throw invalid([{ pointer: '/expect', detail: 'is required: the count that a dry run has shown' }]);
  }
  if (kind === 'redrive' && expect !== undefined) throw invalid([{ pointer: '/expect', detail: 'is not known here' }]);
  return { ...order, filter: toFilter(order.filter, '/filter'), rate };
}

/** The end of the set is found before it is counted, in each partition by its own clock: what dies meanwhile is in neither. */
async function countNow(partitions: Partitions, filter: DeadLetterFilter, redactor: Redactor) {
  const newest = await findNewestInEach(partitions);
  const count = await countInEach(partitions, filter, newest, MAX_COUNTED, messagesFor(redactor));
  if (count.kind === 'too-many') throw new ProblemError(filterTooWide(count.maxScanned));
  const shares = newest.map((latest, at) => ({ newest: latest, matched: count.counts[at] ?? 0 }));
  return { shares, matched: shares.reduce((sum, share) => sum + share.matched, 0) };
}

async function findJob(partitions: Partitions, kind: JobKind, id: string): Promise<DeadLetterJob> {
  const job = await findJobOfAll(partitions, id);
  if (job === undefined || job.kind !== kind) throw new ProblemError(jobNotFound());
  return job;
}
