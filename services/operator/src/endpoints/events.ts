import type { Event } from '@millrace/events';
import { ProblemError } from '@millrace/runtime';
import type { EventFilter, EventSearch, Partitions, SearchBudget } from '@millrace/stream-client';
import type { FastifyInstance } from 'fastify';
import { type Static, Type } from 'typebox';
import { personOf } from '../access/require-person.js';
import { checkInput } from '../check-input.js';
import { cursorInvalid, tooManySearches } from '../error-handler.js';
import { eventToItem } from '../event-to-json.js';
import { toDate } from '../filter-input.js';
import { PAGE_FIELDS, toPage } from '../page-input.js';
import { findEventInAny, searchAllEvents } from '../partitions/search.js';
import type { Redaction } from '../redaction/redaction.js';
import type { Redactor } from '../redaction/redactor.js';
import { STATES } from '../states.js';

const word = (maxLength: number) => Type.Optional(Type.String({ minLength: 1, maxLength }));
const instant = Type.Optional(Type.String({ format: 'date-time', maxLength: 40 }));

/** The page and the filter of a search for events. */
export const searchQuery = Type.Object(
  {
    ...PAGE_FIELDS,
    type: word(256),
    source: word(1_024),
    subject: word(1_024),
    key: word(1_024),
    id: word(1_024),
    ref: word(200),
    state: Type.Optional(Type.Union(STATES.map((state) => Type.Literal(state)))),
    route: word(200),
    since: instant,
    until: instant,
    text: word(200),
  },
  { additionalProperties: false },
);

/** What one page may cost: a second of this process at most, and of Redis only small pieces with pauses between. */
const BUDGET: Omit<SearchBudget, 'maxFound'> = { maxScanned: 10_000, maxBytes: 32 * 1024 * 1024, maxMs: 1_000 };
/** Searches that go on at the same time. */
const MAX_SEARCHES = 4;

/**
 * `GET /v1/events`: the events in retention that a filter accepts, the latest first. A page looks at a bounded number of
 * events: it may be short, or empty, and still have `next`; `scanned` and `scannedTo` say how far it came. With `ref`, or
 * with `source` and `id`, the one event is found at once. More searches at a time than four are refused: 503.
 */
export function addEvents(app: FastifyInstance, partitions: Partitions, redaction: Redaction): void {
  let searching = 0;
  app.get('/v1/events', async (request) => {
    const { query } = request;
    const redactor = redaction.for(personOf(request));
    const input = checkInput(searchQuery, query);
    if (searching >= MAX_SEARCHES) throw new ProblemError(tooManySearches());
    searching += 1;
    try {
      const { items, scanned, next, scannedTo } = await search(partitions, input, redactor);
      return { items: items.map(eventToItem), next, scanned, scannedTo };
    } finally {
      searching -= 1;
    }
  });
}

async function search(
  partitions: Partitions,
  input: Static<typeof searchQuery>,
  redactor: Redactor,
): Promise<Omit<EventSearch, 'entryIds'>> {
  // What nobody is shown must not be found by its words either.
  const textOf = (event: Event) => redactor.textOf(event);
  const { ref, cursor } = input;
  const filter = toEventFilter(input);
  const { id, source } = filter;
  const name = ref !== undefined ? { ref } : id !== undefined && source !== undefined ? { id, source } : undefined;
  if (name !== undefined) {
    const found = await findEventInAny(partitions, name, filter, textOf);
    return { items: found === undefined ? [] : [found], scanned: found === undefined ? 0 : 1 };
  }
  const { limit } = toPage(input);
  const budget = { ...BUDGET, maxFound: limit };
  const page = await searchAllEvents(
    partitions,
    filter,
    budget,
    cursor === undefined ? { textOf } : { cursor, textOf },
  );
  if (page === undefined) throw new ProblemError(cursorInvalid());
  return page;
}

function toEventFilter(input: Static<typeof searchQuery>): EventFilter {
  const { limit: _limit, cursor: _cursor, ref: _ref, since, until, ...conditions } = input;
  return {
    ...conditions,
    ...(since === undefined ? {} : { since: toDate(since, '/since') }),
    ...(until === undefined ? {} : { until: toDate(until, '/until') }),
  };
}
