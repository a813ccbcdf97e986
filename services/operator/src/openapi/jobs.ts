import { orderBody } from '../endpoints/dead-letter-jobs.js';
import { countChanged, filterTooWide, jobFinished, jobNotFound, jobRunning } from '../error-handler.js';
import { answer, everyAnswer, inPath, invalid, jsonBody, refusedBy } from './parts.js';

const KINDS = {
  redrives: { one: 'redrive', does: 'sends them round again' },
  purges: { one: 'purge', does: 'gives them up for good, and wants in `expect` the count that a dry run has shown' },
} as const;

/** The paths of jobs over dead letters of one kind. */
export function describeJobs(kind: keyof typeof KINDS) {
  const { one, does } = KINDS[kind];
  const notFound = refusedBy('No such job.', jobNotFound());
  const job = inPath('job', 'The id of the job.');
  return {
    [`/v1/dead-letters/${kind}`]: {
      get: { summary: `The latest ${kind}`, responses: { 200: answer('The jobs.', 'JobList'), ...everyAnswer } },
      post: {
        summary: `Start a ${one} of all dead letters that a filter accepts now`,
        description: `One job at a time. It ${does}. With \`dryRun\` they are counted and nothing is done.`,
        requestBody: jsonBody(orderBody, true),
        responses: {
          200: answer('The count of a dry run.', 'DryRun'),
          202: {
            ...answer('The job.', 'Job'),
            headers: { Location: { description: 'Path of the job.', schema: { type: 'string' } } },
          },
          400: invalid,
          409: refusedBy(`JOB_RUNNING: another job runs.${kind === 'purges' ? ` ${changed}` : ''}`, jobRunning('1')),
          422: refusedBy('Too many dead letters would have to be looked at.', filterTooWide(100_000)),
          ...everyAnswer,
        },
      },
    },
    [`/v1/dead-letters/${kind}/{job}`]: {
      get: {
        summary: `How far a ${one} is`,
        parameters: [job],
        responses: { 200: answer('The job.', 'Job'), 404: notFound, ...everyAnswer },
      },
      delete: {
        summary: `Cancel a ${one}; what it has done stays done`,
        parameters: [job],
        responses: {
          200: answer('The job as it ended.', 'Job'),
          404: notFound,
          409: refusedBy('It has ended already.', jobFinished()),
          ...everyAnswer,
        },
      },
    },
  };
}

const changed = `${countChanged(0).code}: the filter accepts another number than was expected.`;
