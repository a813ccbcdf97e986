import { ProblemError } from '@millrace/runtime';
import type { Partitions } from '@millrace/stream-client';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { personOf } from '../access/require-person.js';
import { checkInput } from '../check-input.js';
import { summarizeDeadLetter } from '../dead-letter-to-json.js';
import { tooManySearches } from '../error-handler.js';
import { FILTER_FIELDS, toFilter } from '../filter-input.js';
import { countAllCauses } from '../partitions/dead-letter-causes.js';
import { messagesFor } from '../redaction/messages.js';
import type { Redaction } from '../redaction/redaction.js';

/** The filter of the dead letters whose causes are counted. */
export const causesQuery = Type.Object(FILTER_FIELDS, { additionalProperties: false });

/** What one count may cost: Redis is asked for small pieces, one after the other. */
const BUDGET = { maxScanned: 10_000, maxMs: 1_000 };
const MAX_CAUSES = 50;
/** Counts that go on at the same time. */
const MAX_COUNTS = 4;

/**
 * `GET /v1/dead-letters/causes`: what the dead letters that a filter accepts died of, the most frequent first, each with
 * how many and the latest of them. `complete` is false where there are more than it has looked at, which are the latest.
 * More than four counts at a time are refused: 503.
 */
export function addDeadLetterCauses(app: FastifyInstance, partitions: Partitions, redaction: Redaction): void {
  let counting = 0;
  app.get('/v1/dead-letters/causes', async (request) => {
    const filter = toFilter(checkInput(causesQuery, request.query), '');
    const redactor = redaction.for(personOf(request));
    if (counting >= MAX_COUNTS) throw new ProblemError(tooManySearches());
    counting += 1;
    try {
      const budget = { ...BUDGET, ...messagesFor(redactor) };
      const { causes, matched, scanned, isComplete } = await countAllCauses(partitions, filter, budget, MAX_CAUSES);
      const items = causes.map(({ route, reason, code, count, letter }) => ({
        route,
        reason,
        code,
        count,
        latest: letter === undefined ? null : summarizeDeadLetter(redactor.deadLetter(letter)),
      }));
      return { items, matched, scanned, complete: isComplete };
    } finally {
      counting -= 1;
    }
  });
}
