import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { killGroup } from '../run-command.mjs';
import { waitFor } from '../wait-for.mjs';

/**
 * @typedef {import('./process-spec.mjs').ProcessSpec} ProcessSpec
 * @typedef {import('./process-spec.mjs').Timing} Timing
 */

const MAX_FAILED_STARTS = 3;

/**
 * One process that is kept running: started again when it dies, later each time, until it is stopped. It runs in a
 * process group of its own, so that Ctrl-C on the terminal does not reach it and the order of stopping is ours.
 */
export class SupervisedProcess {
  #stopping = new AbortController();
  /** @type {PromiseWithResolvers<void>} */
  #firstReady = Promise.withResolvers();
  /** @type {import('node:child_process').ChildProcess | undefined} */
  #child;
  /** @type {Promise<void> | undefined} */
  #life;
  #wasReady = false;
  #say;
  #timing;
  #onChange;

  /**
   * @param {ProcessSpec} spec
   * @param {{ log: import('./log-file.mjs').LogFile, say: (line: string) => void, timing: Timing, onChange: () => void }} dependencies
   */
  constructor(spec, { log, say, timing, onChange }) {
    this.spec = spec;
    this.log = log;
    this.#say = say;
    this.#timing = timing;
    this.#onChange = onChange;
  }

  /** @returns {number | undefined} undefined while it does not run */
  get pid() {
    return this.#child?.pid;
  }

  /**
   * Starts it and resolves when it is ready for the first time. Rejects when that takes longer than the limit, or when
   * it has died three times before; after that it is not started again.
   */
  start() {
    this.#life ??= this.#live();
    return this.#firstReady.promise;
  }

  /**
   * SIGTERM, and SIGKILL to it and its children after `limitMs`. Resolves when it has ended and stays down.
   * @param {number} limitMs
   */
  async stop(limitMs) {
    this.#stopping.abort();
    this.#firstReady.promise.catch(() => undefined);
    this.#firstReady.reject(new Error(`${this.spec.name} was stopped`));
    this.#child?.kill('SIGTERM');
    const limit = setTimeout(() => {
      this.#say(`${this.spec.name} did not stop within ${limitMs / 1_000} s and is killed`);
      this.kill();
    }, limitMs);
    await this.#life;
    clearTimeout(limit);
    await this.spec.cleanUp?.();
  }

  /** SIGKILL to it and its children, if it runs. */
  kill() {
    if (this.pid !== undefined) killGroup(this.pid);
  }

  async #live() {
    let delayMs = this.#timing.firstDelayMs;
    const readyBy = performance.now() + this.#timing.readyLimitMs;
    for (let starts = 1; !this.#stopping.signal.aborted; starts += 1) {
      const startedAt = performance.now();
      const end = await this.#runOnce(starts).catch((error) => {
        // A full disk, say. Restarting later is right then too; what may run unrecorded must not stay.
        this.kill();
        return `could not be kept (${error instanceof Error ? error.message : String(error)})`;
      });
      if (this.#stopping.signal.aborted) return;
      if (!this.#wasReady && (starts >= MAX_FAILED_STARTS || performance.now() >= readyBy)) {
        this.#firstReady.reject(new Error(`${this.spec.name} ${end} before it was ready`));
        return;
      }
      if (performance.now() - startedAt >= this.#timing.resetAfterMs) delayMs = this.#timing.firstDelayMs;
      this.#say(`${this.spec.name} ${end}; starting it again in ${delayMs / 1_000} s`);
      await sleep(delayMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
      delayMs = Math.min(delayMs * 2, this.#timing.maxDelayMs);
    }
  }

  /**
   * One start, until the process has ended.
   * @param {number} starts
   * @returns {Promise<string>} how it ended
   */
  async #runOnce(starts) {
    await this.spec.cleanUp?.();
    if (this.#stopping.signal.aborted) return 'was stopped';
    const { command, args, env, announces } = this.spec;
    const child = this.log.withDescriptor((log) =>
      spawn(command, args, { env, detached: true, stdio: ['ignore', log, log, announces ? 'ipc' : 'ignore'] }),
    );
    this.#child = child;
    this.#onChange();
    const ended = new AbortController();
    /** @type {string | undefined} */
    let hung;
    /** @type {Promise<string>} */
    const end = new Promise((resolve) => {
      child.once('error', (error) => resolve(`could not be started (${error.message})`));
      child.once('exit', (code, signal) =>
        resolve(signal === null ? `exited with code ${code}` : `was ended by ${signal}`),
      );
    });
    const watch = this.#awaitReady(child, ended.signal).then((ready) => {
      if (ready) this.#noteReady(starts);
      else if (!ended.signal.aborted) {
        hung = `was not ready within ${this.#timing.readyLimitMs / 1_000} s`;
        this.kill();
      }
    });
    const how = await end;
    ended.abort();
    await watch;
    this.#child = undefined;
    this.#onChange();
    return hung ?? how;
  }

  /** @param {number} starts */
  #noteReady(starts) {
    if (starts > 1) this.#say(`${this.spec.name} is back`);
    this.#wasReady = true;
    this.#firstReady.resolve();
  }

  /**
   * @param {import('node:child_process').ChildProcess} child
   * @param {AbortSignal} ended
   */
  async #awaitReady(child, ended) {
    let announced = !this.spec.announces;
    /** @type {number | undefined} */
    let port;
    child.on('message', (message) => {
      if (!isReadyMessage(message)) return;
      announced = true;
      port = message.port;
    });
    const probe = async () => announced && (await this.spec.isReady(port));
    return waitFor(probe, { limitMs: this.#timing.readyLimitMs, signal: ended });
  }
}

/**
 * @param {unknown} message
 * @returns {message is { type: 'ready', port?: number }}
 */
function isReadyMessage(message) {
  return typeof message === 'object' && message !== null && 'type' in message && message.type === 'ready';
}
