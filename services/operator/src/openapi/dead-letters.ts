import { causesQuery } from '../endpoints/dead-letter-causes.js';
import { resolveBody } from '../endpoints/dead-letter-resolve.js';
import { listQuery } from '../endpoints/dead-letters.js';
import { deadLetterNotFound, notRedrivable, tooManySearches } from '../error-handler.js';
import { answer, everyAnswer, inPath, inQuery, invalid, jsonBody, refusedBy } from './parts.js';

const id = inPath('id', 'The id of the dead letter.');
const notFound = refusedBy('No such dead letter, or somebody was faster.', deadLetterNotFound());

/** The paths of single dead letters. */
export const deadLetterPaths = {
  '/v1/dead-letters': {
    get: {
      summary: 'Dead letters that a filter accepts, the latest first',
      parameters: inQuery(listQuery),
      responses: { 200: answer('A page of them, without their data.', 'DeadLetterPage'), 400: invalid, ...everyAnswer },
    },
  },
  '/v1/dead-letters/causes': {
    get: {
      summary: 'What dead letters died of, the most frequent first',
      description: 'Looks at 10,000 dead letters at most, the latest, and for a second at most: `complete` tells.',
      parameters: inQuery(causesQuery),
      responses: {
        200: answer('Fifty causes at most.', 'DeadLetterCauses'),
        400: invalid,
        ...everyAnswer,
        503: refusedBy('Redis did not answer, or too many are counting.', tooManySearches()),
      },
    },
  },
  '/v1/dead-letters/{id}': {
    get: {
      summary: 'One dead letter, with its event',
      parameters: [id],
      responses: { 200: answer('The dead letter.', 'DeadLetter'), 404: notFound, ...everyAnswer },
    },
    delete: {
      summary: 'Give a dead letter up for good',
      parameters: [id],
      responses: { 204: { description: 'It is gone.' }, 404: notFound, ...everyAnswer },
    },
  },
  '/v1/dead-letters/{id}/redrive': {
    post: {
      summary: 'Send a dead letter round again',
      parameters: [id],
      responses: {
        202: answer('It is delivered anew; its record is at Location.', 'Redriven'),
        404: notFound,
        409: refusedBy('Nobody could decode it.', notRedrivable()),
        ...everyAnswer,
      },
    },
  },
  '/v1/dead-letters/{id}/resolve': {
    post: {
      summary: 'Declare the delivery done',
      description: "A person's word, where only a person can know: such as for `outcome-unknown`.",
      parameters: [id],
      requestBody: jsonBody(resolveBody, false),
      responses: { 200: answer('It is done.', 'Resolved'), 400: invalid, 404: notFound, ...everyAnswer },
    },
  },
};
