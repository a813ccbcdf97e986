import { type Partitions, type Stream, type StreamSample, sampleStream } from '@millrace/stream-client';
import { InTurn, ofEach } from './in-turn.js';
import { sumSamples } from './sum-samples.js';

/** Partitions that one look samples: more are looked at in turn, so that Redis has no more to do for more partitions. */
const MOST_AT_ONCE = 64;

/** Knows the state of every partition, as of when its turn came last. */
export class Samples {
  readonly #turns: InTurn<Stream>;
  readonly #partitions: Pick<Partitions, 'all'>;
  readonly #latest = new Map<Stream, StreamSample>();

  constructor(partitions: Pick<Partitions, 'all'>) {
    this.#partitions = partitions;
    this.#turns = new InTurn(() => partitions.all, MOST_AT_ONCE);
  }

  /** Looks at those whose turn it is, and at the first call, and when some have been added, at all. Throws as `sampleStream` does. */
  async look(): Promise<StreamSample> {
    const { all } = this.#partitions;
    const due = this.#latest.size < all.length ? all : this.#turns.take();
    const samples = await ofEach(due, sampleStream);
    for (const [at, stream] of due.entries()) this.#latest.set(stream, samples[at] as StreamSample);
    return sumSamples([...this.#latest.values()]);
  }

  /** Each partition by itself, in the order of their numbers, as far as it was looked at. */
  get each(): readonly { readonly partition: string; readonly sample: StreamSample }[] {
    return this.#partitions.all.flatMap((stream) => {
      const sample = this.#latest.get(stream);
      return sample === undefined ? [] : [{ partition: stream.keys.partition, sample }];
    });
  }
}
