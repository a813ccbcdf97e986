import { PlatformError } from '@millrace/core';
import { EventError, parseBatch, type ReadEvent } from '@millrace/events';
import { describeProblem, type Problem, sendProblem } from '@millrace/runtime';
import type { Waiter } from '@millrace/stream-client';
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
 * is worth repeating if repeating helps any of them. Rejects with what refuses the batch unread.
 */
export async function acceptBatch(
  request: FastifyRequest,
  reply: FastifyReply,
  endpoint: BatchEndpoint,
): Promise<FastifyReply> {
  refuseOtherCharsets(request);
  const parsed = parseBatch(bodyOf(request), endpoint.maxEventBytes);
  const { sender } = request;
  const results = await acceptAll(parsed, sender, endpoint.acceptEvent);
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

type Element = ReadEvent | EventError;

/** Rejects with what nothing a caller does may cause. */
function acceptAll(
  elements: readonly Element[],
  sender: Sender | undefined,
  acceptEvent: AcceptEvent,
): Promise<readonly Acceptance[]> {
  if (elements.length === 0) return Promise.resolve([]);
  return new Promise((resolve, reject) => {
    const all = new Acceptances(elements.length, resolve, reject);
    for (const [index, element] of elements.entries()) {
      // The first one was counted when the request came in.
      const refusal = index === 0 || sender === undefined ? undefined : chargeSender(sender);
      const waiter = new OneOfMany(all, index);
      if (refusal !== undefined) waiter.resolve({ kind: 'refused', problem: refusal });
      else if (element instanceof EventError) waiter.reject(element);
      else {
        const { event, value } = element;
        acceptEvent({ event, value, filledIn: NOTHING, dataPointer: `/${index}/data` }, sender, waiter);
      }
    }
  });
}

/** What became of each of many events, once it is known of all. */
class Acceptances {
  readonly #results: Acceptance[];
  #left: number;

  constructor(
    count: number,
    private readonly onAll: (results: readonly Acceptance[]) => void,
    private readonly onFailure: (error: unknown) => void,
  ) {
    this.#results = new Array<Acceptance>(count);
    this.#left = count;
  }

  note(index: number, acceptance: Acceptance): void {
    this.#results[index] = acceptance;
    this.#left -= 1;
    if (this.#left === 0) this.onAll(this.#results);
  }

  fail(error: unknown): void {
    this.onFailure(error);
  }
}

class OneOfMany implements Waiter<Acceptance> {
  constructor(
    private readonly all: Acceptances,
    private readonly index: number,
  ) {}

  resolve(acceptance: Acceptance): void {
    this.all.note(this.index, acceptance);
  }

  reject(error: unknown): void {
    const problem = error instanceof PlatformError ? problemFor(error) : undefined;
    if (problem === undefined) this.all.fail(error);
    else this.all.note(this.index, { kind: 'refused', problem });
  }
}

function describeResult(result: Acceptance): unknown {
  if (result.kind === 'refused') return describeProblem(result.problem);
  const { ref, id, source, duplicate } = result.answer;
  return { status: 202, ref, id, source, duplicate };
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
