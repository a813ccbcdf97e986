import { createRequire, syncBuiltinESMExports } from 'node:module';

/** Something that happens at a moment of virtual time, unless it is cancelled before. */
interface Task {
  readonly at: number;
  /** Of several at one moment, the one that was asked for first comes first. */
  readonly order: number;
  run: (() => void) | undefined;
}

/** A process with an event loop of its own. */
export interface EventLoop {
  /** Does something once all that its turn has to do is done, as `setImmediate` does. */
  atEndOfTurn(run: () => void): void;
}

/** Where virtual time begins, in ms since the epoch: a round number in the past of nobody who reads it. */
const BEGINS_AT = Date.UTC(2026, 0, 1);

/**
 * Time that passes only when there is nothing left to do at a moment. `install` puts it in place of every clock and timer of
 * the process, so that code which knows nothing about it runs under it as it is. What still waits when the process's own time is
 * put back waits for ever. What is done with real sockets, files or
 * threads takes no virtual time, and must not be waited for by anything that does.
 */
export class VirtualTime {
  #nowMs = 0;
  #asked = 0;
  /** A binary heap, the next task first. */
  readonly #tasks: Task[] = [];
  readonly #realTurn = setImmediate;
  #acting: EventLoop | undefined;

  /** Since the beginning, in ms. */
  get nowMs(): number {
    return this.#nowMs;
  }

  /** As `nowMs`, in ms since the epoch. */
  get epochMs(): number {
    return BEGINS_AT + this.#nowMs;
  }

  /** The process that does what is being done, if it was said which one. */
  get acting(): EventLoop | undefined {
    return this.#acting;
  }

  /** Does something as that process, until the next task: all promises that it settles, and what they lead to, are its as well. */
  act(process: EventLoop, run: () => void): void {
    this.#acting = process;
    run();
  }

  /** Does something `ms` from now. Returns what cancels it. */
  after(ms: number, run: () => void): () => void {
    const task: Task = { at: this.#nowMs + Math.max(0, ms), order: this.#asked++, run };
    push(this.#tasks, task);
    return () => {
      task.run = undefined;
    };
  }

  /** Lets time pass until `isOver` says so, or `untilMs`, or nothing is left that could happen. */
  async run(untilMs: number, isOver: () => boolean = () => false): Promise<void> {
    while (!isOver()) {
      const next = this.#tasks[0];
      if (next === undefined || next.at > untilMs) break;
      pop(this.#tasks);
      if (next.run === undefined) continue;
      this.#nowMs = next.at;
      this.#acting = undefined;
      next.run();
      // Promises are all settled by the next real turn: nothing in the simulation waits for anything real.
      await new Promise<void>((resolve) => this.#realTurn(resolve));
    }
    if (this.#nowMs < untilMs && !isOver()) this.#nowMs = untilMs;
  }

  /** Puts this time in place of the process's own. Returns what puts that back. */
  install(): () => void {
    const { setTimeout, clearTimeout, setImmediate } = globalThis;
    const dateNow = Date.now;
    const abortIn = Object.getOwnPropertyDescriptor(AbortSignal, 'timeout');
    // As Node has it: whole milliseconds, and at least one.
    const setTimer = (run: (...args: unknown[]) => void, ms = 1, ...args: unknown[]) =>
      new VirtualTimer(this.after(Math.max(1, Math.trunc(ms)), () => run(...args)));
    const clearTimer = (timer: VirtualTimer | undefined) => timer?.cancel();
    const atOnce = (run: (...args: unknown[]) => void, ...args: unknown[]) =>
      new VirtualTimer(this.#atOnce(() => run(...args)));
    Object.assign(globalThis, { setTimeout: setTimer, clearTimeout: clearTimer, setImmediate: atOnce });
    Object.defineProperty(performance, 'now', { value: () => this.nowMs, configurable: true });
    Date.now = () => Math.floor(this.epochMs);
    AbortSignal.timeout = (ms) => {
      const controller = new AbortController();
      this.after(ms, () => controller.abort(new DOMException('The operation timed out', 'TimeoutError')));
      return controller.signal;
    };
    const promised = createRequire(import.meta.url)('node:timers/promises') as Record<string, unknown>;
    const ownPromised = { ...promised };
    promised.setTimeout = (ms: number, value: unknown, options: { readonly signal?: AbortSignal } = {}) =>
      this.#wait(Math.max(1, Math.trunc(ms)), value, options.signal);
    promised.setImmediate = (value: unknown) => new Promise((resolve) => this.#atOnce(() => resolve(value)));
    syncBuiltinESMExports();
    return () => {
      Object.assign(globalThis, { setTimeout, clearTimeout, setImmediate });
      Reflect.deleteProperty(performance, 'now');
      Date.now = dateNow;
      Object.defineProperty(AbortSignal, 'timeout', abortIn ?? {});
      Object.assign(promised, ownPromised);
      syncBuiltinESMExports();
    };
  }

  /** At the end of the turn of whoever asks, or, where that is nobody, once what happens at this moment is done. */
  #atOnce(run: () => void): () => void {
    const acting = this.#acting;
    if (acting === undefined) return this.after(0, run);
    let isWanted = true;
    acting.atEndOfTurn(() => {
      if (isWanted) run();
    });
    return () => {
      isWanted = false;
    };
  }

  #wait(ms: number, value: unknown, signal: AbortSignal | undefined): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        cancel();
        reject(signal?.reason);
      };
      const cancel = this.after(ms, () => {
        signal?.removeEventListener('abort', onAbort);
        resolve(value);
      });
      if (signal?.aborted) onAbort();
      else signal?.addEventListener('abort', onAbort, { once: true });
    });
  }
}

/** What `setTimeout` gives back, as far as anybody uses it. */
class VirtualTimer {
  readonly cancel: () => void;

  constructor(cancel: () => void) {
    this.cancel = cancel;
  }

  unref(): this {
    return this;
  }

  ref(): this {
    return this;
  }
}

function isBefore(a: Task, b: Task): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

function push(heap: Task[], task: Task): void {
  let at = heap.length;
  heap.push(task);
  while (at > 0) {
    const above = (at - 1) >> 1;
    const parent = heap[above] as Task;
    if (!isBefore(task, parent)) break;
    heap[at] = parent;
    at = above;
  }
  heap[at] = task;
}

function pop(heap: Task[]): void {
  const last = heap.pop() as Task;
  if (heap.length === 0) return;
  let at = 0;
  for (;;) {
    let below = 2 * at + 1;
    if (below >= heap.length) break;
    if (below + 1 < heap.length && isBefore(heap[below + 1] as Task, heap[below] as Task)) below += 1;
    const child = heap[below] as Task;
    if (!isBefore(child, last)) break;
    heap[at] = child;
    at = below;
  }
  heap[at] = last;
}
