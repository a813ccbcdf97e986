import { type Finding, judge } from '@millrace/cli';
import { sleep } from '@millrace/core';
import type { Cloud } from '../system/mock-cloud.ts';
import type { Stage } from './stage.ts';

/** Of the route `in-order` in `config/routes.yaml`. */
const TYPE = 'dev.millrace.fault.step';
export const ORDERED_TOOL = 'ticket.open';
/** An event whose answer says to come back is posted again after so long, in ms: what any client does. */
const RETRY_MS = 1_000;
const POST_TIMEOUT_MS = 8_000;

/** Events that are to come one after the other. */
export interface Line {
  /** The beginning of their ids. The checker of the other routes knows every event whose id begins as theirs do. */
  readonly name: string;
  /** What they have besides an id. */
  readonly attributes: Readonly<Record<string, string>>;
}

export interface OrderedPlan {
  readonly lines: readonly Line[];
  /** About so long after one event of a line was accepted the next is posted, in ms. */
  readonly pauseMs: number;
  /** Default: that of the route `in-order`. */
  readonly type?: string;
}

/** An event that was accepted, and the line that it is of. */
export interface InLine {
  readonly id: string;
  readonly ref: string;
  readonly line: Line;
}

/** What became of the events of one line. */
interface Sent {
  readonly line: Line;
  /** Those that were accepted, in that order: each was posted after the one before it was. */
  readonly accepted: InLine[];
}

/** A line for each of so many keys. */
export function linesByKey(stage: Stage, keys: number): readonly Line[] {
  const names = Array.from({ length: keys }, (_, at) => `step-${stage.prefix}${at}`);
  return names.map((name) => ({ name, attributes: { partitionkey: name } }));
}

/**
 * Sends events of several lines along ordered routes, those of one line one after the other, for as long as it takes: the
 * next is posted when the one before it was accepted. So it is known in which order their first effects have to come.
 */
export class OrderedLoad {
  readonly #stage: Stage;
  readonly #pauseMs: number;
  readonly #type: string;
  readonly #sent: readonly Sent[];
  readonly #over = new AbortController();
  readonly #running: Promise<unknown>;
  #mostPosts = 0;

  constructor(stage: Stage, { lines, pauseMs, type = TYPE }: OrderedPlan) {
    this.#stage = stage;
    this.#pauseMs = pauseMs;
    this.#type = type;
    this.#sent = lines.map((line) => ({ line, accepted: [] }));
    this.#running = Promise.all(this.#sent.map((sent) => this.#send(sent)));
    // Whoever stops it is told; until then its failure is nobody's.
    this.#running.catch(ignore);
  }

  /** Those that were accepted so far, the ones of each line in their order. */
  get accepted(): readonly InLine[] {
    return this.#sent.flatMap(({ accepted }) => accepted);
  }

  /** The posts that the event took which took the most: 1 where no event had to be posted again. */
  get mostPosts(): number {
    return this.#mostPosts;
  }

  /** Resolves once each line has so many events more. */
  async untilEachHas(more: number): Promise<void> {
    const wanted = this.#sent.map(({ accepted }) => accepted.length + more);
    const isThere = () => this.#sent.every(({ accepted }, at) => accepted.length >= (wanted[at] ?? 0));
    await this.#stage.until(isThere, `each line has ${more} more event(s)`);
  }

  /** Resolves when every event that was posted was accepted. */
  async stop(): Promise<void> {
    this.#over.abort();
    await this.#running;
  }

  /** Compares what was accepted with what the tools of a cloud saw. Call it when the system is at rest. */
  async judge(cloud: Cloud = 'azure', what = 'ordered'): Promise<readonly Finding[]> {
    const { system } = this.#stage;
    const effects = await system.witnessed(cloud);
    const inOrder = await system.firstEffects(cloud);
    const all = this.accepted.map(({ id }) => id);
    const lost = all.filter((id) => (effects.get(id)?.effects ?? 0) === 0);
    const twice = all.filter((id) => (effects.get(id)?.effects ?? 0) > 1);
    const wrong = this.#sent.flatMap(({ accepted }) => firstOutOfOrder(accepted, inOrder));
    return [
      judge(`${what}: none-lost`, sayIds(lost), false),
      judge(`${what}: one-effect`, sayIds(twice), false),
      judge(`${what}: in-order`, sayIds(wrong), false),
    ];
  }

  async #send({ line, accepted }: Sent): Promise<void> {
    const { signal } = this.#stage;
    for (let nth = 0; !this.#over.signal.aborted && !signal.aborted; nth += 1) {
      const id = `${line.name}.${nth}`;
      let ref = await this.#post(id, line);
      for (let posts = 2; ref === undefined && !signal.aborted; posts += 1) {
        await sleep(RETRY_MS, signal);
        this.#mostPosts = Math.max(this.#mostPosts, posts);
        ref = await this.#post(id, line);
      }
      if (ref === undefined) return;
      accepted.push({ id, ref, line });
      await sleep(this.#pauseMs * (0.5 + this.#stage.random()), this.#over.signal);
    }
  }

  /** The ref under which it was accepted, now or before. */
  async #post(id: string, { attributes }: Line): Promise<string | undefined> {
    const { producer, signal } = this.#stage;
    const json = JSON.stringify({ type: this.#type, id, source: '/millrace/faults', ...attributes, data: {} });
    const request = { method: 'POST', path: '/v1/events', json, timeoutMs: POST_TIMEOUT_MS, signal } as const;
    const exchange = await producer.exchange(request);
    if (exchange.kind !== 'answered' || exchange.answer.status !== 202) return undefined;
    return (exchange.answer.body as { readonly ref: string }).ref;
  }
}

/** The first of `expected` in whose place another of them is among the effects; at most one. */
export function firstOutOfOrder(expected: readonly InLine[], effects: readonly string[]): readonly string[] {
  const own = new Set(expected.map(({ id }) => id));
  const seen = effects.filter((id) => own.has(id));
  const at = expected.findIndex(({ id }, nth) => seen[nth] !== id);
  return at === -1 ? [] : [`${seen[at]} in place of ${expected[at]?.id}`];
}

/** For a finding: how many there are, and the first of them. Undefined where there are none. */
export function sayIds(ids: readonly string[]): string | undefined {
  return ids.length === 0 ? undefined : `${ids.length}: ${ids.slice(0, 5).join()}`;
}

/** Told by `stop`. */
function ignore(): void {}
