import { searchQuery } from '../endpoints/events.js';
import { liveQuery } from '../endpoints/live-stream.js';
import { notCounted, tooManySearches, tooManyStreams } from '../error-handler.js';
import { answer, everyAnswer, inQuery, invalid, refusedBy } from './parts.js';
import { sendOperation } from './replay.js';

/** The paths that show what goes on. */
export const eventPaths = {
  '/v1/overview': {
    get: {
      summary: 'How things stand, and how they went in the last fifteen minutes',
      responses: {
        200: answer('The figures.', 'Overview'),
        ...everyAnswer,
        503: refusedBy('Nobody has counted: Redis is away, or the operator has just begun.', notCounted()),
      },
    },
  },
  '/v1/stream': {
    get: {
      summary: 'What happens, as it happens',
      description:
        'Server-sent events. `overview`: the figures, every second. `event`: an event that came in or changed. ' +
        '`dead-letter`, `approval`: a delivery that became one. `paused`: everything that is paused, at the beginning, when ' +
        'that changes, and every quarter of a minute. `dropped`: how many news this reader has missed.',
      parameters: [
        ...inQuery(liveQuery),
        {
          name: 'Last-Event-ID',
          in: 'header',
          description: 'The last id that was read. What came since is told first; some of it may be told twice.',
          schema: { type: 'string' },
        },
      ],
      responses: {
        200: {
          description: 'The stream; it ends after an hour.',
          content: { 'text/event-stream': { schema: { type: 'string' } } },
        },
        400: invalid,
        ...everyAnswer,
        503: refusedBy('Redis is away, or too many streams are open.', tooManyStreams()),
      },
    },
  },
  '/v1/events': {
    ...sendOperation,
    get: {
      summary: 'Search the events in retention, the latest first',
      description:
        'A page looks at a bounded number of events: it may be short or empty and still have `next`. `type` may end ' +
        'with `*`. `state` is that of the event or of one of its deliveries. With `ref`, or with `source` and `id`, ' +
        'the one event is found at once.',
      parameters: inQuery(searchQuery),
      responses: {
        200: answer('A page of them, without their data.', 'EventPage'),
        400: invalid,
        ...everyAnswer,
        503: refusedBy('Redis did not answer, or too many searches are going on.', tooManySearches()),
      },
    },
  },
};
