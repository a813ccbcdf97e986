import { ProblemError } from '@millrace/runtime';
import type { Partitions } from '@millrace/stream-client';
import type { FastifyInstance } from 'fastify';
import { personOf } from '../access/require-person.js';
import type { Audit } from '../audit.js';
import { checkInput } from '../check-input.js';
import { contextNotFound, cursorInvalid } from '../error-handler.js';
import { PAGE_QUERY, toPage } from '../page-input.js';
import { clearEverywhere, findContext, listAllContexts } from '../partitions/contexts.js';
import type { Redaction } from '../redaction/redaction.js';

interface ById {
  readonly Params: { readonly id: string };
}

/**
 * What agents remember: `GET /v1/contexts` lists the contexts, without what is in them; `GET …/{id}` shows one; `DELETE`
 * forgets it. A delivery that is at work in it has read it already, and will write what it has learnt.
 */
export function addContexts(app: FastifyInstance, partitions: Partitions, redaction: Redaction, audit: Audit): void {
  app.get('/v1/contexts', async ({ query }) => {
    const page = await listAllContexts(partitions, toPage(checkInput(PAGE_QUERY, query)));
    if (page === undefined) throw new ProblemError(cursorInvalid());
    return { ...page, items: page.items.map(({ memory: _memory, ...facts }) => facts) };
  });

  app.get<ById>('/v1/contexts/:id', async (request) => {
    const { params } = request;
    const context = await findContext(partitions, params.id);
    if (context === undefined) throw new ProblemError(contextNotFound());
    return { ...context, memory: redaction.for(personOf(request)).memory(context.memory) };
  });

  app.delete<ById>('/v1/contexts/:id', async (request, reply) => {
    const { params, ip } = request;
    if (!(await clearEverywhere(partitions, params.id))) throw new ProblemError(contextNotFound());
    await audit({ action: 'context.clear', target: params.id, count: 1, from: ip, by: personOf(request).name });
    return reply.code(204).send();
  });
}
