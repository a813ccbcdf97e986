import {
  type Appender,
  type AppenderOptions,
  createAppender,
  type Partitions,
  type Stream,
} from '@millrace/stream-client';

/** Appends each event to its own partition. An appender is made with the first event of each. */
export class Appenders implements Pick<Appender, 'append' | 'drain'> {
  readonly #partitions: Pick<Partitions, 'forEvent'>;
  readonly #options: AppenderOptions;
  readonly #made = new Map<Stream, Appender>();

  constructor(partitions: Pick<Partitions, 'forEvent'>, options: AppenderOptions) {
    this.#partitions = partitions;
    this.#options = options;
  }

  append(...[event, ...rest]: Parameters<Appender['append']>): ReturnType<Appender['append']> {
    const stream = this.#partitions.forEvent(event);
    const known = this.#made.get(stream);
    if (known !== undefined) return known.append(event, ...rest);
    const made = createAppender(stream, this.#options);
    this.#made.set(stream, made);
    return made.append(event, ...rest);
  }

  async drain(): Promise<void> {
    await Promise.all(Array.from(this.#made.values(), (appender) => appender.drain()));
  }
}
