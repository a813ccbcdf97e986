import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type Answer, HARD_LIMIT_MS, type Job, MAX_HEAP_MB } from './engine/isolate-protocol.js';

/** Longest wait for a process to come up, in ms. */
const START_LIMIT_MS = 20_000;
/** It reads its own code, and starts its watchdog. It may not write, load native code, or start a process. */
const PERMISSIONS = ['--permission', '--allow-fs-read=*', '--allow-worker'];
const MAIN = fileURLToPath(
  new URL(`./engine/isolate.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url),
);

/**
 * A process that evaluates one expression at a time, without this one's environment. It ends with this process, and does
 * not keep it alive while it is idle.
 */
export class Isolate {
  readonly #child: ChildProcess;
  readonly #ready: Promise<'ready' | Answer>;

  constructor() {
    this.#child = fork(MAIN, [], {
      env: {},
      execArgv: [`--max-old-space-size=${MAX_HEAP_MB}`, ...PERMISSIONS, '--disable-warning=ExperimentalWarning'],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      serialization: 'advanced',
    });
    // Without a listener a failure to start would be thrown; the exit or the limit below says it to the caller.
    this.#child.on('error', () => undefined);
    this.#ready = this.#next<'ready'>(START_LIMIT_MS);
  }

  /** Whether it can take another job. One that has failed its limit, or ended by itself, is replaced. */
  get isUsable(): boolean {
    return (
      this.#child.connected && this.#child.exitCode === null && this.#child.signalCode === null && !this.#child.killed
    );
  }

  /** Evaluates; ends the process when that takes too long. Always resolves. */
  async run(job: Job): Promise<Answer> {
    this.#keepAlive(true);
    const first = await this.#ready;
    if (first !== 'ready') return first;
    const answer = this.#next<Answer>(HARD_LIMIT_MS);
    // An error is followed by the exit, which is waited for.
    this.#child.send(job, () => undefined);
    const given = await answer;
    this.#keepAlive(false);
    return given;
  }

  /** The next message, or how the process ended instead. */
  #next<T>(limitMs: number): Promise<T | Answer> {
    return new Promise((resolve) => {
      const child = this.#child;
      const settle = (value: T | Answer) => {
        clearTimeout(timer);
        child.off('message', onMessage).off('exit', onExit);
        resolve(value);
      };
      const onMessage = (message: unknown) => settle(message as T);
      const onExit = (_code: number | null, signal: string | null) => settle(describeEnd(signal));
      const timer = setTimeout(() => {
        child.kill('SIGKILL');
        settle({ kind: 'timed-out', message: `took longer than ${limitMs} ms` });
      }, limitMs);
      child.on('message', onMessage).on('exit', onExit);
    });
  }

  #keepAlive(isBusy: boolean): void {
    const handles = [this.#child, this.#child.channel];
    for (const handle of handles)
      if (isBusy) handle?.ref();
      else handle?.unref();
  }
}

/** V8 aborts when its memory is used up. Any other end is nobody's fault that we know of, and may pass. */
function describeEnd(signal: string | null): Answer {
  if (signal === 'SIGABRT') return { kind: 'failed', message: `needs more than ${MAX_HEAP_MB} MB of memory` };
  return { kind: 'timed-out', message: `the process that evaluated it has ended (${signal ?? 'exit'})` };
}
