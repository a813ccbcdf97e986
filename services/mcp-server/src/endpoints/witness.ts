import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Cloud } from '../config.js';
import { MockError } from '../errors.js';
import type { Witness } from '../witness.js';

const EventQuery = z.object({ eventId: z.string().max(256).optional() });
const PageQuery = z.object({
  after: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
});
const CountsQuery = PageQuery.extend({ limit: z.coerce.number().int().min(1).max(10_000).default(1_000) });

/**
 * `/witness`: totals, or with `?eventId=` one event's tally and entries; `/witness/requests` and `/witness/effects`:
 * entries with `n` greater than `?after=`; `/witness/counts`: tallies by event id. The last three answer a page and,
 * while there is more, `next`: the `after` of the page to ask for.
 */
export function addWitness(app: FastifyInstance, cloud: Cloud, witness: Witness): void {
  app.get('/witness', async (request) => {
    const { eventId } = readQuery(EventQuery, request.query);
    if (eventId === undefined) return { cloud, ...witness.summary() };
    return { cloud, eventId, ...(await witness.entriesOf(eventId)) };
  });
  app.get('/witness/requests', async (request) => {
    const { after, limit } = readQuery(PageQuery, request.query);
    return witness.page('request', after, limit);
  });
  app.get('/witness/effects', async (request) => {
    const { after, limit } = readQuery(PageQuery, request.query);
    return witness.page('effect', after, limit);
  });
  app.get('/witness/counts', async (request) => {
    const { after, limit } = readQuery(CountsQuery, request.query);
    return witness.counts(after, limit);
  });
}

function readQuery<Output>(schema: z.ZodType<Output>, query: unknown): Output {
  const parsed = schema.safeParse(query);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => ({
    pointer: `/${issue.path.join('/')}`,
    detail: issue.message,
  }));
  throw new MockError('QUERY_INVALID', `${problems.length} problem(s) in the query`, problems);
}
