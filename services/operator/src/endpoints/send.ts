import { randomUUID } from 'node:crypto';
import { type Event, EventError, findReserved, parsePlain, withTrust } from '@millrace/events';
import { ProblemError } from '@millrace/runtime';
import type { FastifyInstance } from 'fastify';
import { personOf } from '../access/require-person.js';
import type { Audit } from '../audit.js';
import { editRefused } from '../error-handler.js';
import { type AppendParts, appendChecked, trustOfPerson } from './append-checked.js';

/** The `source` of what a person sends who names none. */
const SOURCE = '/millrace/operator';

/**
 * `POST /v1/events`: sends an event, as plain JSON with at least `type` and `data`. For people who try something: senders
 * have the producer. 202 with its `ref`, once it is as durable as the deployment asked; refused as the producer refuses.
 */
export function addSend(app: FastifyInstance, parts: AppendParts & { readonly audit: Audit }): void {
  app.post('/v1/events', async (request, reply) => {
    const person = personOf(request);
    const event = withTrust(parse(request.body), trustOfPerson(person));
    const { ref, duplicate } = await appendChecked(parts, event);
    const note = `type ${event.type}`.slice(0, 500);
    if (!duplicate)
      await parts.audit({ action: 'event.send', target: ref, count: 1, from: request.ip, by: person.name, note });
    const { id, source } = event;
    return reply.code(202).header('location', `/v1/events/${ref}`).send({ ref, id, source, duplicate });
  });
}

function parse(body: unknown): Event {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.alloc(0);
  try {
    const { event } = parsePlain(bytes, { id: randomUUID(), source: SOURCE, time: new Date().toISOString() });
    const reserved = findReserved(event);
    if (reserved === undefined) return event;
    const problem = { pointer: `/${reserved}`, detail: 'is written by Millrace alone; leave it out' };
    throw new EventError('EVENT_INVALID', `the event has the attribute ${reserved}`, [problem]);
  } catch (error) {
    if (!(error instanceof EventError)) throw error;
    throw new ProblemError(editRefused(error));
  }
}
