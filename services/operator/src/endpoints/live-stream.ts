import type { ServerResponse } from 'node:http';
import { ProblemError } from '@millrace/runtime';
import { type EventSummary, isAsLookedFor, type Partitions } from '@millrace/stream-client';
import type { FastifyInstance } from 'fastify';
import { type Static, Type } from 'typebox';
import { checkInput } from '../check-input.js';
import { tooManyStreams } from '../error-handler.js';
import { eventToItem } from '../event-to-json.js';
import { EventWriter } from '../live/event-writer.js';
import { type Flow, type LiveFeed, TELL_EVERY_MS } from '../live/live-feed.js';
import type { Overview } from '../live/overview.js';
import type { PauseWatch } from '../live/pause-watch.js';
import { unseenBehindMs } from '../partitions/newest.js';
import { searchAllEvents } from '../partitions/search.js';
import { STATES } from '../states.js';

/** Which events a reader is told about. */
export const liveQuery = Type.Object(
  {
    type: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
    state: Type.Optional(Type.Union(STATES.map((state) => Type.Literal(state)))),
    route: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
  },
  { additionalProperties: false },
);

type Wanted = Static<typeof liveQuery>;

/** Readers at a time. */
const MAX_READERS = 32;
/** A stream ends after this long, in ms; whoever wants more comes back. Bounds what a forgotten browser tab costs. */
const MAX_STREAM_MS = 60 * 60_000;
/** What a reader that comes back has missed is told as far as this goes. */
const MISSED = { maxFound: 50, maxScanned: 500, maxBytes: 4 * 1024 * 1024, maxMs: 500 };

/** What the live stream is made of. */
export interface LiveParts {
  readonly partitions: Partitions;
  readonly overview: Overview;
  readonly live: LiveFeed;
  readonly pauses: PauseWatch;
  /** Aborts when the service stops: open streams then end, or `close` would wait for them. */
  readonly closing: AbortSignal;
}

/**
 * `GET /v1/stream`: what happens, as server-sent events: `overview` every second, `event` for each event that comes in or
 * changes and meets the query, `dead-letter` and `approval` for deliveries that just became one, and `paused`, all that is
 * paused, at the beginning and when that changes. Under pressure, and for a slow reader, news are left out, and `dropped`
 * says how many. A reader that comes back with `Last-Event-ID` is told first of the events that were accepted meanwhile,
 * the latest fifty at most; some of them it may have been told of before.
 */
export function addLiveStream(app: FastifyInstance, parts: LiveParts): void {
  let readers = 0;
  app.get('/v1/stream', async ({ query, headers }, reply) => {
    const wanted = checkInput(liveQuery, query);
    if (readers >= MAX_READERS) throw new ProblemError(tooManyStreams());
    readers += 1;
    try {
      const missed = await findMissed(parts.partitions, headers['last-event-id']);
      reply.hijack();
      const writer = new EventWriter(reply.raw);
      try {
        for (const summary of missed) if (isWanted(summary, wanted)) tell(writer, summary);
        await follow(writer, wanted, parts, reply.raw);
      } finally {
        writer.end();
      }
    } finally {
      readers -= 1;
    }
  });
}

async function follow(writer: EventWriter, wanted: Wanted, parts: LiveParts, raw: ServerResponse) {
  const { overview, live, pauses, closing } = parts;
  const tellPauses = (items: typeof pauses.now) => writer.write({ event: 'paused', data: { items } });
  if (overview.now !== undefined) writer.write({ event: 'overview', data: overview.now });
  if (pauses.now !== undefined) tellPauses(pauses.now);
  const unlisten = [
    pauses.listen(tellPauses),
    overview.listen((now) => writer.write({ event: 'overview', data: now })),
    live.listen((flow) => tellAll(writer, flow, wanted)),
  ];
  await untilOver(raw, AbortSignal.any([closing, AbortSignal.timeout(MAX_STREAM_MS)]));
  for (const end of unlisten) end();
}

/** Also for a reader that has gone before anybody listened for it. */
function untilOver(raw: ServerResponse, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    raw.once('close', resolve);
    signal.addEventListener('abort', () => resolve(), { once: true });
    if (signal.aborted || raw.destroyed || raw.closed) resolve();
  });
}

function tellAll(writer: EventWriter, { events, dropped, entryId }: Flow, wanted: Wanted): void {
  const told = events.filter((summary) => isWanted(summary, wanted));
  for (const summary of told) tell(writer, summary, summary === told.at(-1) ? entryId : undefined);
  if (dropped > 0) writer.drop(dropped);
}

function tell(writer: EventWriter, summary: EventSummary, id?: string): void {
  writer.write({ event: 'event', data: eventToItem(summary), ...(id === undefined ? {} : { id }) });
  const { ref, attributes, routes } = summary;
  for (const { id: route, state } of routes) {
    const data = { id: `${ref}.${route}`, ref, route, type: attributes.type };
    if (state === 'dead') writer.write({ event: 'dead-letter', data });
    if (state === 'parked') writer.write({ event: 'approval', data });
  }
}

function isWanted(summary: EventSummary, { type, state, route }: Wanted): boolean {
  const own = summary.attributes.type;
  const isOfType =
    type === undefined || (type.endsWith('*') ? String(own).startsWith(type.slice(0, -1)) : own === type);
  const conditions = { ...(state === undefined ? {} : { state }), ...(route === undefined ? {} : { route }) };
  return isOfType && isAsLookedFor(summary, conditions);
}

/**
 * Oldest first, some of which the reader may have been told of: no others are left out. An id that is none of ours is
 * passed over: a browser sends whatever it has.
 */
async function findMissed(
  partitions: Partitions,
  lastId: string | string[] | undefined,
): Promise<readonly EventSummary[]> {
  const [, ms] = /^(\d{1,13})-\d{1,16}$/.exec(String(lastId)) ?? [];
  if (ms === undefined) return [];
  // Of the same millisecond there may be more.
  const since = new Date(Math.max(0, Number(ms) - unseenBehindMs(partitions, TELL_EVERY_MS)));
  const missed = await searchAllEvents(partitions, { since }, MISSED);
  return [...(missed?.items ?? [])].reverse();
}
