import { sleep } from '@millrace/core';
import type { Stream } from '../stream.js';

/** Pause before a partition that could not be read is tried again, in ms: from this to four times as much. */
const REST_MS = 250;

/**
 * The partitions in which there may be something to read. One that could not be read rests: it is tried beside the reads,
 * which would have to wait for its answer, and is noticed again when it has given one.
 */
export class NoticedPartitions {
  /** A set keeps the order in which it was filled: those that were asked last stand last. */
  readonly #noticed: Set<Stream>;
  readonly #resting = new Set<Stream>();
  readonly #closing = new AbortController();
  readonly #random: () => number;
  readonly #onNotice: () => void;

  constructor(streams: readonly Stream[], random: () => number, onNotice: () => void) {
    this.#noticed = new Set(streams);
    this.#random = random;
    this.#onNotice = onNotice;
  }

  get size(): number {
    return this.#noticed.size;
  }

  notice(stream: Stream): void {
    if (this.#resting.has(stream)) return;
    this.#noticed.add(stream);
    this.#onNotice();
  }

  /** Hands out the first ones, which are not noticed any more then. */
  take(maxCount: number): readonly Stream[] {
    const taken = [...this.#noticed].slice(0, maxCount);
    for (const stream of taken) this.#noticed.delete(stream);
    return taken;
  }

  isResting(stream: Stream): boolean {
    return this.#resting.has(stream);
  }

  rest(stream: Stream): void {
    if (this.#resting.has(stream)) return;
    this.#resting.add(stream);
    this.#noticed.delete(stream);
    void this.#noticeWhenItAnswers(stream);
  }

  close(): void {
    this.#closing.abort();
  }

  async #noticeWhenItAnswers(stream: Stream): Promise<void> {
    const { signal } = this.#closing;
    do await sleep(REST_MS * (1 + 3 * this.#random()), signal);
    while (!signal.aborted && !(await answers(stream)));
    if (signal.aborted) return;
    this.#resting.delete(stream);
    this.notice(stream);
  }
}

function answers({ redis, keys }: Stream): Promise<boolean> {
  return redis.xlen(keys.events).then(
    () => true,
    () => false,
  );
}
