import { type Finding, judge } from '@millrace/cli';
import { sleep } from '@millrace/core';
import type { Cloud } from '../system/mock-cloud.ts';
import type { Stage } from './stage.ts';

/** Of the route `in-order` in `config/routes.yaml`. */
const TYPE = 'dev.millrace.fault.step';
const CLOUD: Cloud = 'azure';
export const ORDERED_TOOL = 'ticket.open';
/** An event whose answer says to come back is posted again after so long, in ms: what any client does. */
const RETRY_MS = 1_000;
const POST_TIMEOUT_MS = 8_000;

/** What became of the events of one key. */
interface Key {
  readonly name: string;
  /** Ids of those that were accepted, in that order: each was posted after the one before it was. */
  readonly accepted: string[];
}

/**
 * Sends events of several keys along an ordered route, those of one key one after the other, for as long as it takes: the
 * next is posted when the one before it was accepted. So it is known in which order their first effects have to come.
 */
export class OrderedLoad {
  readonly #stage: Stage;
  readonly #pauseMs: number;
  readonly #keys: readonly Key[];
  readonly #over = new AbortController();
  readonly #running: Promise<unknown>;
  #mostPosts = 0;

  constructor(stage: Stage, { keys, pauseMs }: { readonly keys: number; readonly pauseMs: number }) {
    this.#stage = stage;
    this.#pauseMs = pauseMs;
    // The checker of the other routes knows every event whose id begins as theirs do.
    const names = Array.from({ length: keys }, (_, at) => `step-${stage.prefix}${at}`);
    this.#keys = names.map((name) => ({ name, accepted: [] }));
    this.#running = Promise.all(this.#keys.map((key) => this.#send(key)));
    // Whoever stops it is told; until then its failure is nobody's.
    this.#running.catch(ignore);
  }

  get accepted(): number {
    return this.#keys.reduce((sum, { accepted }) => sum + accepted.length, 0);
  }

  /** The posts that the event took which took the most: 1 where no event had to be posted again. */
  get mostPosts(): number {
    return this.#mostPosts;
  }

  /** Resolves once each key has so many events more. */
  async untilEachHas(more: number): Promise<void> {
    const wanted = this.#keys.map(({ accepted }) => accepted.length + more);
    const isThere = () => this.#keys.every(({ accepted }, at) => accepted.length >= (wanted[at] ?? 0));
    await this.#stage.until(isThere, `each key has ${more} more event(s)`);
  }

  /** Resolves when every event that was posted was accepted. */
  async stop(): Promise<void> {
    this.#over.abort();
    await this.#running;
  }

  /** Compares what was accepted with what the tool saw. Call it when the system is at rest. */
  async judge(): Promise<readonly Finding[]> {
    const { system } = this.#stage;
    const effects = await system.witnessed(CLOUD);
    const inOrder = await system.firstEffects(CLOUD);
    const all = this.#keys.flatMap(({ accepted }) => accepted);
    const lost = all.filter((id) => (effects.get(id)?.effects ?? 0) === 0);
    const twice = all.filter((id) => (effects.get(id)?.effects ?? 0) > 1);
    const wrong = this.#keys.flatMap(({ name, accepted }) => {
      const seen = inOrder.filter((id) => id.startsWith(`${name}.`));
      const at = accepted.findIndex((id, nth) => seen[nth] !== id);
      return at === -1 ? [] : [`${seen[at]} in place of ${accepted[at]}`];
    });
    const say = (ids: readonly string[]) => (ids.length === 0 ? undefined : `${ids.length}: ${ids.slice(0, 5).join()}`);
    return [
      judge('ordered: none-lost', say(lost), false),
      judge('ordered: one-effect', say(twice), false),
      judge('ordered: in-order', say(wrong), false),
    ];
  }

  async #send({ name, accepted }: Key): Promise<void> {
    const { signal } = this.#stage;
    for (let nth = 0; !this.#over.signal.aborted && !signal.aborted; nth += 1) {
      const id = `${name}.${nth}`;
      for (let posts = 1; !(await this.#post(id, name)) && !signal.aborted; posts += 1) {
        this.#mostPosts = Math.max(this.#mostPosts, posts + 1);
        await sleep(RETRY_MS, signal);
      }
      if (signal.aborted) return;
      accepted.push(id);
      await sleep(this.#pauseMs * (0.5 + this.#stage.random()), this.#over.signal);
    }
  }

  /** Whether it was accepted, now or before. */
  async #post(id: string, partitionkey: string): Promise<boolean> {
    const { producer, signal } = this.#stage;
    const json = JSON.stringify({ type: TYPE, id, source: '/millrace/faults', partitionkey, data: {} });
    const request = { method: 'POST', path: '/v1/events', json, timeoutMs: POST_TIMEOUT_MS, signal } as const;
    const exchange = await producer.exchange(request);
    return exchange.kind === 'answered' && exchange.answer.status === 202;
  }
}

/** Told by `stop`. */
function ignore(): void {}
