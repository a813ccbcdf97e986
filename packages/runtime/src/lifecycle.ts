import type { Logger } from './logger.js';

/** Something that was started and has to be stopped. Stopping must be safe to call once, in reverse order. */
export interface Stoppable {
  readonly name: string;
  readonly stop: () => Promise<void>;
}

/**
 * The life of one process. `onStop` registers what has been started; a SIGTERM or SIGINT, or under a supervisor
 * (`MILLRACE_SUPERVISED=true`) that supervisor's death, stops everything in reverse order and exits 0. Past the grace period the process exits 1 with whatever is still running: that is a bug, and the
 * log line names the step it hung on. A second signal while stopping changes nothing.
 */
export class Lifecycle {
  readonly #logger: Logger;
  readonly #graceMs: number;
  readonly #started: Stoppable[] = [];
  #stopping: Promise<void> | undefined;

  constructor(logger: Logger, graceMs: number) {
    this.#logger = logger;
    this.#graceMs = graceMs;
  }

  onStop(name: string, stop: () => Promise<void>): void {
    this.#started.push({ name, stop });
  }

  listenForSignals(): void {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void this.#exitAfterStop(signal));
    if (process.env.MILLRACE_SUPERVISED === 'true')
      process.on('disconnect', () => void this.#exitAfterStop('disconnect'));
  }

  /** Tells a supervisor, if there is one, that the process is ready for work and where it listens. */
  announceReady(port: number): void {
    this.#logger.info({ port }, 'ready');
    process.send?.({ type: 'ready', port });
  }

  /** Stops everything, last started first. Every later call returns the same promise. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stopInReverse();
    return this.#stopping;
  }

  async #exitAfterStop(signal: string): Promise<void> {
    if (this.#stopping !== undefined) return;
    this.#logger.info({ signal }, 'stopping');
    const expiry = setTimeout(() => {
      this.#logger.fatal({ graceMs: this.#graceMs }, 'did not stop within the grace period');
      process.exit(1);
    }, this.#graceMs);
    expiry.unref();
    await this.stop();
    this.#logger.info('stopped');
    process.exit(0);
  }

  async #stopInReverse(): Promise<void> {
    for (const { name, stop } of this.#started.reverse()) {
      this.#logger.debug({ step: name }, 'stopping one part');
      try {
        await stop();
      } catch (error) {
        this.#logger.error({ step: name, err: error }, 'a part failed to stop');
      }
    }
  }
}

/**
 * Runs a service's `start` and turns a failure to start into one readable line and exit code 1. Nothing after a failed
 * start keeps the process alive.
 */
export async function runService(logger: Logger, start: () => Promise<void>): Promise<void> {
  process.on('unhandledRejection', (reason) => {
    logger.fatal({ err: reason }, 'a promise was rejected and nobody handled it');
    process.exit(1);
  });
  process.on('uncaughtException', (error) => {
    logger.fatal({ err: error }, 'an exception was thrown and nobody caught it');
    process.exit(1);
  });
  try {
    await start();
  } catch (error) {
    logger.fatal({ err: error }, 'could not start');
    process.exit(1);
  }
}
