/** Whether calls go out: all of them, none, or one that tries whether the server is back. */
export type BreakerState = 'closed' | 'open' | 'half-open';

/** What a call says about the health of its server: `neutral` says nothing. */
export type Health = 'good' | 'bad' | 'neutral';

/** When a breaker opens and for how long. */
export interface BreakerSettings {
  /** Failures in a row that open it. */
  readonly failures: number;
  /** The first time that it stays open, in ms; doubled by each probe that fails. */
  readonly openForMs: number;
  readonly maxOpenForMs: number;
}

/** Whether a call may go out, and if not, when it is worth asking again. */
export type Admission =
  | { readonly kind: 'pass' | 'probe' }
  | { readonly kind: 'refused'; readonly retryAfterMs: number };

/** Looked at together: failures that are mixed with successes open the breaker too. */
const WINDOW = 20;
const MAX_BAD_IN_WINDOW = 12;
/** A server that asks to be left alone is asked again after this long, in ms, however long it said. */
const MAX_HOLD_MS = 600_000;

/**
 * Keeps calls from a server that does not answer. After an outage one call at a time tries whether it is back; the
 * others are refused at once, each told to come at another moment, so that they do not come back together.
 */
export class Breaker {
  #state: BreakerState = 'closed';
  #badInRow = 0;
  #recent: boolean[] = [];
  #openForMs: number;
  #openUntilMs = 0;

  /** `now` counts in ms, from whenever; `random` gives numbers from 0 up to 1. */
  constructor(
    private readonly settings: BreakerSettings,
    private readonly now: () => number,
    private readonly random: () => number,
    private readonly onChange: (state: BreakerState) => void,
  ) {
    this.#openForMs = settings.openForMs;
  }

  get state(): BreakerState {
    return this.#state;
  }

  /** Whether the next call would be a probe. */
  get isDue(): boolean {
    return this.#state === 'open' && this.now() >= this.#openUntilMs;
  }

  /** Asks for one call. Whoever is let through says how it went with `report`, exactly once. */
  admit(): Admission {
    if (this.#state === 'closed') return { kind: 'pass' };
    if (this.#state === 'half-open' || this.now() < this.#openUntilMs) {
      return { kind: 'refused', retryAfterMs: this.retryAfterMs() };
    }
    this.#change('half-open');
    return { kind: 'probe' };
  }

  /** After how long a call that is refused now is worth asking for again, in ms; another moment for each that asks. */
  retryAfterMs(): number {
    return Math.max(this.#openUntilMs - this.now(), 0) + this.#openForMs * (0.1 + this.random());
  }

  report(admitted: 'pass' | 'probe', health: Health): void {
    if (admitted === 'probe') this.#judgeProbe(health);
    // What was sent before the breaker opened is old news.
    else if (this.#state === 'closed') this.#count(health);
  }

  /** The server asks to be left alone for this long. */
  hold(ms: number): void {
    this.#openUntilMs = Math.max(this.#openUntilMs, this.now() + Math.min(ms, MAX_HOLD_MS));
    if (this.#state === 'closed') this.#change('open');
  }

  #judgeProbe(health: Health): void {
    if (health === 'good') {
      this.#openForMs = this.settings.openForMs;
      this.#badInRow = 0;
      this.#recent = [];
      this.#change('closed');
      return;
    }
    // A probe that never got to the server proves nothing: the next call is a probe again.
    if (health === 'bad') this.#openForMs = Math.min(2 * this.#openForMs, this.settings.maxOpenForMs);
    this.#open(health === 'bad' ? this.#openForMs : 0);
  }

  #count(health: Health): void {
    if (health === 'neutral') return;
    this.#badInRow = health === 'bad' ? this.#badInRow + 1 : 0;
    this.#recent.push(health === 'bad');
    if (this.#recent.length > WINDOW) this.#recent.shift();
    const bad = this.#recent.filter(Boolean).length;
    if (this.#badInRow >= this.settings.failures || bad >= MAX_BAD_IN_WINDOW) this.#open(this.#openForMs);
  }

  #open(forMs: number): void {
    this.#openUntilMs = Math.max(this.#openUntilMs, this.now() + forMs * (0.8 + 0.4 * this.random()));
    this.#change('open');
  }

  #change(state: BreakerState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.onChange(state);
  }
}
