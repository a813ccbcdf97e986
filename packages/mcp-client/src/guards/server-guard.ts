import { ToolCallError } from '../errors.js';
import type { ServerConfig } from '../servers.js';
import { type Admission, Breaker, type BreakerState, type Health } from './breaker.js';
import type { FleetOptions, WithheldFor } from './fleet-options.js';
import { Latencies } from './latencies.js';
import type { Rate } from './rates.js';
import { RetryBudget } from './retry-budget.js';
import { RoomQueue } from './room-queue.js';

/** A call that was let through. `leave` is called exactly once, with how it ended. */
export interface Pass {
  /** Why it is not to be sent after all: the server was found to be down while it waited for its slot. */
  findRefusal(): Withheld | undefined;
  leave(health: Health, retryAfterMs?: number): void;
}

/** A call that is not sent now, and why; `retryAfterMs` where something is known about it. */
export interface Withheld {
  readonly reason: WithheldFor;
  readonly why: string;
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
}

/** The room of the process, of which every server takes some. */
export interface Room {
  /** Whether one more call to a server that has `held` of them leaves room for the others. */
  hasRoom(held: number): boolean;
  /** A call has begun, or ended. */
  note(change: 1 | -1): void;
}

/** Longest that a call waits in place for its turn under a rate, in ms; a longer wait is spent elsewhere. */
const MAX_TURN_MS = 250;
/** A server none of whose calls ends for this long, in ms, makes no room for those that wait. */
const STALLED_AFTER_MS = 500;
/** How long a withheld retry waits at least, in ms. */
const RETRY_PAUSE_MS = 1_000;
/** How long a call to a paused server waits until it tries again, in ms. */
const LOOK_AGAIN_MS = 10_000;

/** What stands between a call and one server: its breaker, the budget of retries, its share of the room, its rate. */
export class ServerGuard {
  readonly latencies = new Latencies();
  readonly #budget: RetryBudget;
  #breaker: Breaker | undefined;
  #settings: ServerConfig['breaker'] | undefined;
  #rate: Rate | undefined;
  #calls = 0;
  #lastEndAtMs = 0;
  readonly #queue = new RoomQueue();
  #users = 0;
  #isLooking = false;
  #isSeen = false;

  constructor(
    readonly name: string,
    private readonly options: FleetOptions,
    private readonly room: Room,
  ) {
    this.#budget = new RetryBudget(this.#now);
  }

  get breakerState(): BreakerState {
    return this.#breaker?.state ?? 'closed';
  }

  /** Under way or waiting. */
  get calls(): number {
    return this.#calls;
  }

  /**
   * Whether a call that could go elsewhere should come here. A server that was left alone is looked at first; found there, it
   * gets one call to prove itself.
   */
  isReady(look: () => Promise<boolean>): boolean {
    if (this.#isPaused) return false;
    const breaker = this.#breaker;
    if (breaker === undefined || breaker.state === 'closed') return true;
    if (!breaker.isDue) return false;
    if (this.#isSeen) return true;
    if (!this.#isLooking) void this.#look(breaker, look);
    return false;
  }

  async #look(breaker: Breaker, look: () => Promise<boolean>): Promise<void> {
    this.#isLooking = true;
    this.#isSeen = await look();
    this.#isLooking = false;
    if (!this.#isSeen && breaker.isDue && breaker.admit().kind === 'probe') breaker.report('probe', 'bad');
  }

  /** Takes up settings, which may have changed. */
  use({ breaker, rate }: ServerConfig): void {
    this.#users += 1;
    this.#rate = rate;
    if (JSON.stringify(breaker) === JSON.stringify(this.#settings)) return;
    this.#settings = breaker;
    const onChange = (state: BreakerState) => this.options.observer?.breakerChanged(this.name, state);
    this.#breaker =
      breaker === false ? undefined : new Breaker(breaker, this.#now, this.options.random ?? Math.random, onChange);
    onChange('closed');
  }

  /** True when the last user has gone. */
  leave(): boolean {
    this.#users -= 1;
    return this.#users === 0;
  }

  /**
   * Lets a call through to wait for its slot, or says why not. Where the server has its share of the room, the call waits for
   * a moment, unless the server does not answer at all: then whoever waits would only stand in the way of others.
   */
  async enter(isRetry: boolean, signal: AbortSignal): Promise<Pass | Withheld> {
    const paused = this.findPause();
    if (paused !== undefined) return paused;
    if (!this.#queue.isEmpty || !this.room.hasRoom(this.#calls)) {
      const isTurn = !this.#isStalled && (await this.#queue.wait(signal));
      if (!isTurn) return this.withhold('share', 'has its share of this process taken');
    }
    const admitted = this.#admit(isRetry);
    // The room that this call does not take is the next one's.
    if (!('leave' in admitted) && this.room.hasRoom(this.#calls)) this.#queue.wakeNext();
    return admitted;
  }

  /** Why no call may begin while somebody has paused the server; asked again by a call that has waited for its slot. */
  findPause(): Withheld | undefined {
    return this.#isPaused ? this.withhold('pause', 'is paused', LOOK_AGAIN_MS) : undefined;
  }

  get #isPaused(): boolean {
    return this.options.isPaused?.(this.name) ?? false;
  }

  /** Calls are under way, and none has come to an end for a while. */
  get #isStalled(): boolean {
    return this.#calls > 0 && this.#now() - this.#lastEndAtMs > STALLED_AFTER_MS;
  }

  #admit(isRetry: boolean): Pass | Withheld {
    const admission: Admission = this.#breaker?.admit() ?? { kind: 'pass' };
    if (admission.kind === 'refused') {
      return this.#refuse(admission.retryAfterMs);
    }
    // A probe is worth its retry: somebody has to find out.
    if (isRetry && admission.kind === 'pass' && !this.#budget.allows()) {
      return this.withhold('retry-budget', 'fails too often to be sent more retries', RETRY_PAUSE_MS);
    }
    if (admission.kind === 'probe') this.#isSeen = false;
    if (this.#calls === 0) this.#lastEndAtMs = this.#now();
    this.#calls += 1;
    this.room.note(1);
    return {
      findRefusal: () => {
        if (admission.kind === 'probe' || this.breakerState === 'closed') return undefined;
        return this.#refuse(this.#breaker?.retryAfterMs());
      },
      leave: (health, retryAfterMs) => {
        this.#calls -= 1;
        this.room.note(-1);
        if (health !== 'neutral') this.#lastEndAtMs = this.#now();
        if (this.room.hasRoom(this.#calls)) this.#queue.wakeNext();
        this.#breaker?.report(admission.kind, health);
        if (retryAfterMs !== undefined) this.#breaker?.hold(retryAfterMs);
        if (health !== 'neutral') this.#budget.note(health);
      },
    };
  }

  #refuse(retryAfterMs: number | undefined): Withheld {
    return this.withhold('breaker', 'has not been answering and is left alone for now', retryAfterMs);
  }

  /** Waits for the call's turn under the rate of all processes together; resolves with why not, where there is none. */
  async takeTurn(sleep: (ms: number) => Promise<void>): Promise<Withheld | undefined> {
    const { rates } = this.options;
    if (this.#rate === undefined || rates === undefined) return undefined;
    const turn = await rates.take(this.name, this.#rate, MAX_TURN_MS);
    if ('waitMs' in turn) {
      if (turn.waitMs > 0) await sleep(turn.waitMs);
      return undefined;
    }
    return this.withhold('rate', 'has all the calls that its rate allows', turn.retryAfterMs);
  }

  readonly #now = (): number => (this.options.now ?? (() => performance.now()))();

  /** Notes that a call is not sent. */
  withhold(reason: WithheldFor, why: string, retryAfterMs?: number): Withheld {
    this.options.observer?.withheld(this.name, reason);
    return { reason, why, ...(retryAfterMs === undefined ? {} : { retryAfterMs: Math.ceil(retryAfterMs) }) };
  }
}

/** What the end of a call says about its server. Whatever the server said about the call itself, it answered. */
export function healthOf(end: ToolCallError | { readonly content: unknown }): Health {
  if (!(end instanceof ToolCallError)) return 'good';
  switch (end.code) {
    case 'TOOL_UNREACHABLE':
    case 'TOOL_TIMEOUT':
    case 'TOOL_ANSWER_LOST':
    case 'TOOL_SERVER_ERROR':
      return 'bad';
    case 'TOOL_ABORTED':
    case 'TOOL_WITHHELD':
    case 'TOOL_BUSY':
    case 'TOOL_THROTTLED':
    case 'TOOL_RATE_LIMITED':
    case 'TOOL_CHANGED':
    case 'SERVER_UNKNOWN':
    case 'SERVER_PAUSED':
      return 'neutral';
    default:
      return 'good';
  }
}
