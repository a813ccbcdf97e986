import { randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { ScriptBook } from '../script-book.js';

const Query = z.object({
  after: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(10_000).default(1_000),
});

/**
 * `/witness`: how often each answer was asked for, by what the conversation was about, page by page. `run` is another one
 * after a restart, which has forgotten everything; `uncounted` is how many questions are in no count.
 */
export function addWitness(app: FastifyInstance, book: ScriptBook): void {
  const run = randomUUID();
  app.get('/witness', async (request, reply) => {
    const query = Query.safeParse(request.query);
    if (!query.success) return reply.code(400).send({ detail: z.prettifyError(query.error) });
    const { after, limit } = query.data;
    const { uncounted, subjects } = book.counts;
    return { run, uncounted, subjects, ...book.counts.page(after, limit) };
  });
}
