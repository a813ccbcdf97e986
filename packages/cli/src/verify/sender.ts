import { sleep } from '@millrace/core';
import type { HttpClient } from '../http-client.js';
import { type PostAnswer, readPostAnswer } from './post-answer.js';
import { between, type Random } from './random.js';
import type { SentLedger } from './sent-ledger.js';
import type { TestedRoute } from './tested-route.js';

const POST_TIMEOUT_MS = 8_000;
const MAX_POSTS = 5;
/** Of the events, so many are posted once more although their answer came, when duplicates are among the faults. */
const DUPLICATE_SHARE = 0.05;

export interface SenderParts {
  readonly producer: HttpClient;
  readonly ledger: SentLedger;
  readonly random: Random;
  /** Beginning of every event id of this run. */
  readonly prefix: string;
  /** Whether to post some events twice on purpose. */
  readonly duplicates: boolean;
}

/** Sends the events of a run and writes down what became of each. */
export class Sender {
  readonly #parts: SenderParts;
  #count = 0;

  constructor(parts: SenderParts) {
    this.#parts = parts;
  }

  /**
   * Sends one event, again under the same id while its answer is lost or asks to come back, five times at most. Resolves
   * when nothing of it is under way. The ledger has it before the first byte leaves.
   */
  async send(route: TestedRoute, isCanary: boolean, signal: AbortSignal): Promise<void> {
    const { prefix, ledger, random, duplicates } = this.#parts;
    const id = `${prefix}${route.name}-${this.#count}`;
    this.#count += 1;
    ledger.open(id, route.type, isCanary);
    const post = () => this.#post(id, route.type);
    // Half of the duplicates race with the first post, half come after its answer.
    const isDuplicated = duplicates && !isCanary && random() < DUPLICATE_SHARE;
    const racing = isDuplicated && random() < 0.5;
    const pauses = Array.from({ length: MAX_POSTS - 1 }, () => between(random, 100, 1_000));
    const other = racing ? post() : undefined;
    let answer = await post();
    for (const pauseMs of pauses) {
      if (answer.kind === 'accepted' || (answer.kind === 'refused' && !answer.mayComeBack)) break;
      await sleep(pauseMs, signal);
      if (signal.aborted) break;
      answer = await post();
    }
    await other;
    if (isDuplicated && !racing) await post();
  }

  async #post(id: string, type: string): Promise<PostAnswer> {
    const { producer, ledger, prefix } = this.#parts;
    // Everything that a route may want to make arguments of; the same bytes in every post of an event.
    const data = { orderId: id, total: 10, email: 'verify@millrace.example', subject: 'verify', body: 'verify' };
    const json = JSON.stringify({ type, id, source: `/millrace/verify/${prefix}`, data });
    const note = ledger.begin(id);
    const exchange = await producer.exchange({ method: 'POST', path: '/v1/events', json, timeoutMs: POST_TIMEOUT_MS });
    const answer = readPostAnswer(exchange);
    note(answer);
    return answer;
  }
}
