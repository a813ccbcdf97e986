const text = { type: 'string' };
const count = { type: 'integer', minimum: 0 };
const rate = { type: 'number', minimum: 0 };
const unknowable = (description: string) => ({ type: ['integer', 'null'], description });
const rateOrNull = (description: string) => ({ type: ['number', 'null'], description });
const listOf = (items: object) => ({ type: 'array', items });

/** The shape of `GET /v1/overview`, as JSON Schemas. */
export const overviewSchemas = {
  OverviewNow: {
    type: 'object',
    properties: {
      acceptedPerSecond: rate,
      settledPerSecond: { ...rate, description: 'What left the backlog.' },
      backlog: count,
      lag: unknowable('Entries that nobody has read yet; null while Redis cannot tell.'),
      pending: count,
      retrying: { ...count, description: 'Deliveries that wait for their next attempt, and events for their time.' },
      parked: count,
      deadLetters: count,
      settleP50Ms: unknowable('Of a sample of the events of the last minute, from acceptance to their end.'),
      settleP99Ms: unknowable('As settleP50Ms.'),
      consumers: { ...count, description: 'Those that were heard of within the last minute.' },
      servers: {
        type: 'object',
        additionalProperties: {
          type: 'object',
          properties: {
            breaker: text,
            calls: count,
            p95Ms: rateOrNull('Of the calls of the last minute; null where there was none.'),
            failedShare: rateOrNull('0 to 1, of the calls of the last minute; null where there was none.'),
          },
        },
      },
      promises: {
        type: 'object',
        properties: { durability: text, holds: { type: 'boolean' }, problems: listOf(text) },
      },
      conservation: unknowable(
        'What was accepted and is neither finished nor found anywhere: 0 when nothing is lost; null while Redis cannot tell.',
      ),
    },
  },
  Overview: {
    type: 'object',
    properties: {
      now: { $ref: '#/components/schemas/OverviewNow' },
      series: {
        type: 'object',
        description: 'Lists of equal length, one value for each interval, rates per second.',
        properties: {
          intervalMs: count,
          at: listOf({ type: 'string', format: 'date-time' }),
          accepted: listOf(rate),
          settled: listOf(rate),
          backlog: listOf(count),
          dead: listOf(count),
        },
      },
    },
  },
};
