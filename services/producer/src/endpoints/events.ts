import { ProblemError } from '@millrace/runtime';
import type { Waiter } from '@millrace/stream-client';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Acceptance, AcceptedEvent } from '../accept-event.js';
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
    const waitSeconds = waitAskedFor(request.headers.prefer);
    const parsed = parseRequest(request, endpoint.defaultSource);
    endpoint.acceptEvent(parsed, request.sender, new Answering(reply, waitSeconds, endpoint));
    return undefined;
  });
}

/** Answers for one event, by the reply itself: a promise for each would be told of by others, and each of those costs. */
class Answering implements Waiter<Acceptance> {
  constructor(
    private readonly reply: FastifyReply,
    private readonly waitSeconds: number | undefined,
    private readonly endpoint: EventsEndpoint,
  ) {}

  resolve(acceptance: Acceptance): void {
    const { reply, waitSeconds, endpoint } = this;
    if (acceptance.kind === 'refused') this.reject(new ProblemError(acceptance.problem));
    else if (waitSeconds === undefined || !endpoint.waiters.take()) sendAccepted(reply, acceptance.answer);
    else
      answerWithOutcome(reply, acceptance.answer, waitSeconds, endpoint).catch((error: unknown) => this.reject(error));
  }

  reject(error: unknown): void {
    void this.reply.send(error);
  }
}

/** The record once the event is finished; its 202 if it is not before the wait ends. Gives the waiter's place back. */
async function answerWithOutcome(
  reply: FastifyReply,
  answer: AcceptedEvent,
  waitSeconds: number,
  { records, waiters, closing }: EventsEndpoint,
): Promise<FastifyReply> {
  try {
    reply.header('preference-applied', `wait=${waitSeconds}`);
    const outcome = await waitForOutcome(records, answer.ref, signalFor(reply, waitSeconds, closing));
    if (outcome !== undefined) return addLocation(reply, answer).code(200).send(records.render(outcome));
  } finally {
    waiters.giveBack();
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
