import { type Event, EventError, parsePlain } from '@millrace/events';
import { previewRoute, type Route } from '@millrace/routing';
import { ProblemError } from '@millrace/runtime';
import { type Partitions, readRecord } from '@millrace/stream-client';
import type { FastifyInstance } from 'fastify';
import { type Static, Type } from 'typebox';
import { personOf } from '../access/require-person.js';
import { checkInput, invalid } from '../check-input.js';
import { eventTrimmed, nameNotFound, recordNotFound, routeNotReadable, tooManyTries } from '../error-handler.js';
import type { Redaction } from '../redaction/redaction.js';
import type { RouteFiles } from '../route-files.js';

/** The event that a route is tried with: one of the past, or one that is made up. */
export const tryBody = Type.Union([
  Type.Object({ ref: Type.String({ minLength: 1, maxLength: 200 }) }, { additionalProperties: false }),
  Type.Object({ event: Type.Object({}) }, { additionalProperties: false }),
]);

/** Routes that are tried at the same time: their expressions take a while, each within its limit. */
const MAX_TRIES = 8;

/**
 * `POST /v1/routes/{name}/try`: what a route would do about an event, and why: what `millrace routes test` says for that
 * one route. Nothing is called and nothing is changed, so who may only look may ask. 404 for a route or a ref that there is not, 409
 * where the configuration folder or the event cannot be read.
 */
export function addTryRoute(
  app: FastifyInstance,
  partitions: Partitions,
  files: RouteFiles,
  redaction: Redaction,
): void {
  let trying = 0;
  app.post<{ Params: { name: string } }>('/v1/routes/:name/try', { config: { looks: true } }, async (request) => {
    const {
      params: { name },
      body,
    } = request;
    const input = checkInput(tryBody, body ?? {});
    if (trying >= MAX_TRIES) throw new ProblemError(tooManyTries());
    trying += 1;
    try {
      const route = await findRoute(files, name);
      const event = await eventOf(partitions, input);
      const preview = await previewRoute(route, event);
      return 'ref' in input ? redaction.for(personOf(request)).preview(event, preview) : preview;
    } finally {
      trying -= 1;
    }
  });
}

async function findRoute(files: RouteFiles, name: string): Promise<Route> {
  const read = await files.read();
  if (read.state === 'absent') throw new ProblemError(routeNotReadable(read.detail));
  const found = read.routes.find(({ route }) => route.id === name);
  if (found !== undefined) return found.route;
  if (read.state === 'read') throw new ProblemError(nameNotFound('route'));
  const [first] = read.problems;
  throw new ProblemError(routeNotReadable(`${first?.file}:${first?.line} ${first?.detail}`));
}

async function eventOf(partitions: Partitions, input: Static<typeof tryBody>): Promise<Event> {
  if ('event' in input) return parse(input.event);
  const record = await readRecord(partitions.ofRef(input.ref) ?? partitions.home, input.ref);
  if (record === undefined) throw new ProblemError(recordNotFound());
  if (record.event === undefined) throw new ProblemError(eventTrimmed());
  return record.event;
}

function parse(event: object): Event {
  const defaults = { id: 'test', source: '/console', time: new Date().toISOString() };
  try {
    return parsePlain(Buffer.from(JSON.stringify(event)), defaults).event;
  } catch (error) {
    if (!(error instanceof EventError)) throw error;
    const { problems, message } = error;
    const errors = problems.map(({ pointer, detail }) => ({ pointer: `/event${pointer ?? ''}`, detail }));
    throw invalid(errors.length === 0 ? [{ pointer: '/event', detail: message }] : errors);
  }
}
