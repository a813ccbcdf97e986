import { contextNotFound } from '../error-handler.js';
import { PAGE_QUERY } from '../page-input.js';
import { answer, everyAnswer, inPath, inQuery, invalid, refusedBy } from './parts.js';

const id = inPath('id', 'The id of the context.');
const notFound = refusedBy('Nothing is remembered of a context with this id.', contextNotFound());

/** The paths of what agents remember. */
export const contextPaths = {
  '/v1/contexts': {
    get: {
      summary: 'Contexts of which agents remember something: in each partition, the last to be forgotten first',
      parameters: inQuery(PAGE_QUERY),
      responses: {
        200: answer('A page of them, without what is remembered.', 'ContextPage'),
        400: invalid,
        ...everyAnswer,
      },
    },
  },
  '/v1/contexts/{id}': {
    get: {
      summary: 'What is remembered of one',
      parameters: [id],
      responses: { 200: answer('The context.', 'Context'), 404: notFound, ...everyAnswer },
    },
    delete: {
      summary: 'Forget it',
      parameters: [id],
      responses: { 204: { description: 'It is forgotten.' }, 404: notFound, ...everyAnswer },
    },
  },
};
