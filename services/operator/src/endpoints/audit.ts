import { ProblemError } from '@millrace/runtime';
import { listActs, type Stream } from '@millrace/stream-client';
import type { FastifyInstance } from 'fastify';
import { checkInput } from '../check-input.js';
import { cursorInvalid } from '../error-handler.js';
import { PAGE_QUERY, toPage } from '../page-input.js';

/** `GET /v1/audit`: what was done to dead letters and events, by whom and when, the latest first; the last 1,000 acts. */
export function addAudit(app: FastifyInstance, stream: Stream): void {
  app.get('/v1/audit', async ({ query }) => {
    const page = await listActs(stream, toPage(checkInput(PAGE_QUERY, query)));
    if (page === undefined) throw new ProblemError(cursorInvalid());
    return page;
  });
}
