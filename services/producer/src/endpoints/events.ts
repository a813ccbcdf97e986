import { ProblemError } from '@millrace/runtime';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { AcceptedEvent } from '../accept-event.js';
import { isBatch, parseRequest } from '../parse-request.js';
import type { RecordReader } from '../record-reader.js';
import type { Slots } from '../slots.js';
import { waitAskedFor, waitForOutcome } from '../wait-for-outcome.js';
import { acceptBatch, type BatchEndpoint } from './batch.js';

export interface EventsEndpoint extends BatchEndpoint {
  readonly records: RecordReader;
  readonly waiters: Slots;
  readonly defaultSource: string;
  /** Aborts when the service stops: whoever waits for an outcome is then answered 202. */
  readonly closing: AbortSignal;
}

/** `POST /v1/events`: one event in structured, binary or plain mode, or a batch. */
export function addEvents(app: FastifyInstance, endpoint: EventsEndpoint): void {
  app.post('/v1/events', (request, reply) => {
    if (isBatch(request)) return acceptBatch(request, reply, endpoint);
    return acceptOne(request, reply, endpoint);
  });
}

async function acceptOne(
  request: FastifyRequest,
  reply: FastifyReply,
  endpoint: EventsEndpoint,
): Promise<FastifyReply> {
  const acceptance = await endpoint.acceptEvent(parseRequest(request, endpoint.defaultSource), request.sender);
  if (acceptance.kind === 'refused') throw new ProblemError(acceptance.problem);
  const { answer } = acceptance;
  const waitSeconds = waitAskedFor(request.headers.prefer);
  if (waitSeconds !== undefined && endpoint.waiters.take()) {
    try {
      reply.header('preference-applied', `wait=${waitSeconds}`);
      const outcome = await waitForOutcome(
        endpoint.records,
        answer.ref,
        signalFor(reply, waitSeconds, endpoint.closing),
      );
      if (outcome !== undefined) return addLocation(reply, answer).code(200).send(endpoint.records.render(outcome));
    } finally {
      endpoint.waiters.giveBack();
    }
  }
  return sendAccepted(reply, answer);
}

/** The 202 of one event. */
export function sendAccepted(reply: FastifyReply, answer: AcceptedEvent): FastifyReply {
  return addLocation(reply, answer).code(202).send(JSON.stringify(answer));
}

function addLocation(reply: FastifyReply, { ref }: AcceptedEvent): FastifyReply {
  return reply.header('location', `/v1/events/${ref}`).type('application/json; charset=utf-8');
}

/** Aborts at the end of the wait, when the caller hangs up, and when the service stops. */
function signalFor(reply: FastifyReply, waitSeconds: number, closing: AbortSignal): AbortSignal {
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort());
  return AbortSignal.any([gone.signal, closing, AbortSignal.timeout(waitSeconds * 1_000)]);
}
