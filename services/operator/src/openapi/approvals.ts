import { answerBody, approvalsQuery } from '../endpoints/approvals.js';
import { approvalChanged, approvalNotFound } from '../error-handler.js';
import { answer, everyAnswer, inPath, inQuery, invalid, jsonBody, refusedBy } from './parts.js';

const id = inPath('id', 'The id of the approval.');
const notFound = refusedBy('Nothing of that id waits for an answer, or somebody was faster.', approvalNotFound());

/** The paths of what waits for somebody's answer. */
export const approvalPaths = {
  '/v1/approvals': {
    get: {
      summary: "What waits for somebody's answer, soonest to expire first",
      parameters: inQuery(approvalsQuery),
      responses: { 200: answer('A page of them.', 'ApprovalPage'), 400: invalid, ...everyAnswer },
    },
  },
  '/v1/approvals/{id}': {
    get: {
      summary: 'One of them, with its event',
      parameters: [id],
      responses: { 200: answer('What is asked.', 'Approval'), 404: notFound, ...everyAnswer },
    },
    post: {
      summary: 'Answer what is asked; the delivery goes on',
      parameters: [id],
      requestBody: jsonBody(answerBody, true),
      responses: {
        202: answer('The answer is with the delivery; its record is at Location.', 'Answered'),
        400: invalid,
        404: notFound,
        409: refusedBy('It asks something else than it did in this `attempt`.', approvalChanged()),
        ...everyAnswer,
      },
    },
  },
};
