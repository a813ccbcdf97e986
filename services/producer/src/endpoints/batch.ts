import { PlatformError } from '@millrace/core';
import { EventError, parseBatch, type ReadEvent } from '@millrace/events';
import { describeProblem, type Problem, sendProblem } from '@millrace/runtime';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Acceptance, AcceptEvent } from '../accept-event.js';
import { chargeSender, type Sender } from '../access/sender.js';
import { problemFor } from '../error-handler.js';
import { bodyOf, refuseOtherCharsets } from '../parse-request.js';

/** Most bytes of a batch. */
export const MAX_BATCH_BYTES = 4 * 1024 * 1024;

export interface BatchEndpoint {
  readonly acceptEvent: AcceptEvent;
  readonly maxEventBytes: number;
  /** Told about each event of a batch that is refused by itself, for counting. */
  readonly onRefusal: (problem: Problem, sender: Sender | undefined) => void;
}

const NOTHING: ReadonlySet<string> = new Set();

/**
 * Accepts or refuses each event of a batch by itself and answers with one result per event, in order: 202 when all were
 * accepted, 207 when some were. When none was, the whole answer is a problem, so that nobody takes it for a success; it
 * is worth repeating if repeating helps any of them.
 */
export async function acceptBatch(
  request: FastifyRequest,
  reply: FastifyReply,
  endpoint: BatchEndpoint,
): Promise<FastifyReply> {
  refuseOtherCharsets(request);
  const parsed = parseBatch(bodyOf(request), endpoint.maxEventBytes);
  const { sender } = request;
  const accept = (element: ReadEvent | EventError, index: number): Promise<Acceptance> => {
    // The first one was counted when the request came in.
    const refusal = index === 0 || sender === undefined ? undefined : chargeSender(sender);
    if (refusal !== undefined) return Promise.resolve({ kind: 'refused', problem: refusal });
    return acceptElement(element, index, sender, endpoint.acceptEvent);
  };
  const results = await Promise.all(parsed.map(accept));
  const refusals: Problem[] = [];
  for (const result of results) if (result.kind === 'refused') refusals.push(result.problem);
  for (const problem of refusals) endpoint.onRefusal(problem, sender);
  const body = results.map(describeResult);
  if (refusals.length > 0 && refusals.length === results.length) return sendProblem(reply, sumUp(refusals, body));
  const text = JSON.stringify(body);
  return reply
    .code(refusals.length === 0 ? 202 : 207)
    .type('application/json; charset=utf-8')
    .send(text);
}

function acceptElement(
  element: ReadEvent | EventError,
  index: number,
  sender: Sender | undefined,
  acceptEvent: AcceptEvent,
): Promise<Acceptance> {
  if (element instanceof EventError) return Promise.resolve(refuse(element));
  const parsed = { ...element, filledIn: NOTHING, dataPointer: `/${index}/data` };
  return acceptEvent(parsed, sender).then(undefined, refuse);
}

/** Throws what nothing a caller does may cause. */
function refuse(error: unknown): Acceptance {
  const problem = error instanceof PlatformError ? problemFor(error) : undefined;
  if (problem === undefined) throw error;
  return { kind: 'refused', problem };
}

function describeResult(result: Acceptance): unknown {
  return result.kind === 'accepted' ? { status: 202, ...result.answer } : describeProblem(result.problem);
}

function sumUp(refusals: readonly Problem[], results: readonly unknown[]): Problem {
  const temporary = refusals.find(({ retryAfterSeconds }) => retryAfterSeconds !== undefined);
  const [first] = refusals;
  const alike = refusals.every(({ code }) => code === first?.code);
  return {
    status: temporary?.status ?? (alike ? first?.status : undefined) ?? 400,
    code: temporary?.code ?? (alike ? first?.code : undefined) ?? 'BATCH_REFUSED',
    detail: `none of the ${refusals.length} event(s) in the batch was accepted; results tells why, one by one`,
    ...(temporary?.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: temporary.retryAfterSeconds }),
    members: { results },
  };
}
