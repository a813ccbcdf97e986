import { unlessAborted } from '../deadline.js';
import type { ToolDescription, ToolListing } from '../tool-call.js';

/** After a listing that failed, the server is not asked again for this long, in ms. */
const PAUSE_MS = 5_000;

interface Seen {
  readonly listing: ToolListing;
  readonly atMs: number;
}

/** The tools of one server, remembered; asked for once, however many want to know. */
export class Catalog {
  #seen: Seen | undefined;
  #good: readonly ToolDescription[] | undefined;
  #listing: Promise<ToolListing> | undefined;

  /** `list` has to settle within a bounded time and not to reject; `now` counts in ms, from whenever. */
  constructor(
    private readonly list: () => Promise<ToolListing>,
    private readonly now: () => number,
  ) {}

  /** What was last listed with success, however long ago; undefined when nothing ever was. */
  get lastKnown(): readonly ToolDescription[] | undefined {
    return this.#good;
  }

  /** Takes note of a listing that somebody else has asked for. */
  learn(tools: readonly ToolDescription[]): void {
    this.#good = tools;
  }

  /** The tools as of `maxAgeMs` ago or later; undefined when the signal is aborted first. */
  async get(maxAgeMs: number, signal: AbortSignal): Promise<ToolListing | undefined> {
    const seen = this.#seen;
    const limitMs = seen?.listing.kind === 'failed' ? Math.min(PAUSE_MS, maxAgeMs) : maxAgeMs;
    if (seen !== undefined && this.now() - seen.atMs < limitMs) return seen.listing;
    this.#listing ??= this.#listOnce();
    return unlessAborted(this.#listing, signal);
  }

  async #listOnce(): Promise<ToolListing> {
    const atMs = this.now();
    const listing = await this.list();
    this.#seen = { listing, atMs };
    if (listing.kind === 'ok') this.#good = listing.tools;
    this.#listing = undefined;
    return listing;
  }
}
