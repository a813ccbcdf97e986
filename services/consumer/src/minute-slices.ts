/** What is live covers the last 55 to 60 seconds. */
const SLICE_MS = 5_000;
const SLICES = 12;

/** The last minute, in slices: what is noted goes into the current one, and the oldest are let go. */
export class MinuteSlices<Tally> {
  #slices: { readonly turn: number; readonly tally: Tally }[] = [];
  readonly #startedMs: number;

  /** `now` counts in ms, from whenever. `begin` makes what a new slice starts with. */
  constructor(
    private readonly now: () => number,
    private readonly begin: () => Tally,
  ) {
    this.#startedMs = now();
  }

  /** Where to note what happens now. */
  current(): Tally {
    const turn = this.#turn();
    const last = this.#slices.at(-1);
    if (last?.turn === turn) return last.tally;
    const slice = { turn, tally: this.begin() };
    this.#slices = [...this.#slices, slice].slice(-SLICES);
    return slice.tally;
  }

  /** Those of the last minute in which something was noted, the oldest first. */
  live(): readonly Tally[] {
    const oldest = this.#turn() - SLICES;
    return this.#slices.filter(({ turn }) => turn > oldest).map(({ tally }) => tally);
  }

  /** How much time the live ones cover, in ms: at least a slice, so that a rate made of it is none of an instant. */
  get coveredMs(): number {
    const oldestMs = Math.max(this.#startedMs, (this.#turn() - SLICES + 1) * SLICE_MS);
    return Math.max(SLICE_MS, this.now() - oldestMs);
  }

  #turn(): number {
    return Math.floor(this.now() / SLICE_MS);
  }
}
