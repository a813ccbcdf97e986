import { compareEntryIds } from '../entry-id.js';
import { StreamError } from '../errors.js';
import { createMapFollower } from '../partitions/change-partitions.js';
import type { Partitions } from '../partitions/partitions.js';
import type { Stream } from '../stream.js';
import { arriveAt } from './arrive.js';
import { EarlierIdentities } from './earlier-identities.js';
import { type Arrived, clearOutbox, type Departure, OUTBOX_START, readOutbox } from './outbox.js';

/** How moving ended: how many have arrived, and why others have not. */
export interface Moved {
  readonly arrived: number;
  /** Whether something is left that could not be moved now. */
  readonly isHeldUp: boolean;
  /** The last reason. */
  readonly error?: unknown;
}

/**
 * What was read longer ago than this, in ms, is not sent any more but read again: a process that was frozen in between
 * comes too late to be recognised by identities that have been forgotten meanwhile.
 */
const MAX_AGE_MS = 30_000;
/** When a partition that could not take something is tried again, in ms: at first, and at the latest. */
const FIRST_REST_MS = 500;
const MAX_REST_MS = 5_000;
/** After this time, in ms, an outbox is gone through from its beginning to its end, whatever is known of it. */
const WHOLE_AFTER_MS = 60_000;
/** Pages that are read in one go. */
const MAX_PAGES = 64;

/** How far an outbox has been gone through past partitions that are away. */
interface Progress {
  /** Of the map by which partitions were chosen: by another one, what is away is elsewhere. */
  readonly epoch: number;
  after: string;
  /** What is for these lies before `after` as well. */
  readonly away: Set<Stream>;
  againAt: number;
  restMs: number;
  /**
   * When it was last begun with nothing known. A failover of the outbox' own partition may put back what was taken out of it, for
   * partitions that are not away: it has to arrive again while it is still recognised there.
   */
  readonly wholeAt: number;
  /** How it was before what is away was tried again: up to there, there is nothing but what is for these. */
  readonly before: { readonly after: string; readonly away: ReadonlySet<Stream> };
}

/**
 * Moves what lies in outboxes to where it belongs: the oldest first, and of each outbox what is for one partition in its
 * order, whatever fails. It is taken out once it is known to have arrived; what arrives a second time, since somebody died in
 * between, is recognised. A partition that is away holds up what is for it, and nothing else: the rest of the outbox is gone
 * through once a minute, and of what is for that one, no more than the first is tried again every few seconds.
 */
export class OutboxMover {
  readonly #partitions: Partitions;
  readonly #followMap: () => Promise<void>;
  readonly #consumer: string;
  readonly #now: () => number;
  readonly #identities = new EarlierIdentities();
  readonly #progress = new Map<Stream, Progress>();

  /** `now` is a clock that nobody sets. */
  constructor(partitions: Partitions, consumer: string, now = () => performance.now()) {
    this.#partitions = partitions;
    this.#followMap = createMapFollower(partitions);
    this.#consumer = consumer;
    this.#now = now;
  }

  /**
   * Moves what can be moved now, unless somebody else is at it. Do not call it for one outbox while a call for it is under
   * way. Throws STREAM_UNAVAILABLE when the partition of the outbox is away, and STREAM_NOT_DURABLE when it does not keep what
   * lies there.
   */
  async move(outbox: Stream, signal: AbortSignal): Promise<Moved> {
    let progress = this.#progressOf(outbox);
    const all: Arrived[] = [];
    let error: unknown;
    for (let pages = 0; pages < MAX_PAGES && !signal.aborted; pages++) {
      const readAt = this.#now();
      const page = await readOutbox(outbox, this.#consumer, progress.after);
      if (progress.epoch !== this.#partitions.map.active.epoch) {
        // What was passed over by the map before may be for a partition that is there: nothing of its key may pass it.
        progress = this.#progressOf(outbox);
        error = undefined;
        continue;
      }
      if (page.kind !== 'found') break;
      const sent = await this.#sendAll(page.departures, progress.away, readAt);
      if (sent.error !== undefined) {
        error = sent.error;
        progress.againAt = this.#now() + progress.restMs;
      }
      if (sent.arrived.length > 0) await clearOutbox(outbox, sent.arrived);
      all.push(...sent.arrived);
      if (progress.away.size > 0) progress.after = pastWhatIsAway(page.last, progress);
    }
    if (progress.away.size === 0) this.#progress.delete(outbox);
    const outcome = { arrived: all.length, isHeldUp: progress.away.size > 0 };
    return error === undefined ? outcome : { ...outcome, error };
  }

  #progressOf(outbox: Stream): Progress {
    const known = this.#progress.get(outbox);
    const now = this.#now();
    const { epoch } = this.#partitions.map.active;
    const isOfThisMap = known?.epoch === epoch;
    if (known !== undefined && isOfThisMap && now < known.againAt) return known;
    const restMs = isOfThisMap ? Math.min(MAX_REST_MS, 2 * known.restMs) : FIRST_REST_MS;
    const isTrusted = known !== undefined && isOfThisMap && now - known.wholeAt < WHOLE_AFTER_MS;
    const before = isTrusted ? known : { after: OUTBOX_START, away: new Set<Stream>(), wholeAt: now };
    const begun = {
      epoch,
      after: OUTBOX_START,
      away: new Set<Stream>(),
      againAt: now + restMs,
      restMs,
      wholeAt: before.wholeAt,
      before: { after: before.after, away: before.away },
    };
    this.#progress.set(outbox, begun);
    return begun;
  }

  /** Each partition what is for it, all at the same time. One that fails is away from then on. */
  async #sendAll(departures: readonly Departure[], away: Set<Stream>, readAt: number) {
    const groups = new Map<Stream, Departure[]>();
    for (const departure of departures) {
      const to = this.#partitions.atPlace(departure.place);
      if (away.has(to)) continue;
      const group = groups.get(to);
      if (group === undefined) groups.set(to, [departure]);
      else group.push(departure);
    }
    const arrived: Arrived[] = [];
    let error: unknown;
    await Promise.all(
      Array.from(groups, async ([to, group]) => {
        try {
          arrived.push(...(await this.#send(to, group, readAt)));
        } catch (reason) {
          away.add(to);
          error = reason;
          // Where it fails, the partition is away until it is tried again.
          if (reason instanceof StreamError && reason.code === 'STREAM_MOVED')
            await this.#followMap().catch(() => undefined);
        }
      }),
    );
    return { arrived, error };
  }

  async #send(to: Stream, departures: readonly Departure[], readAt: number): Promise<Arrived[]> {
    const { epoch } = this.#partitions.map.active;
    const earlier = await Promise.all(departures.map((departure) => this.#findEarlier(to, departure)));
    const fresh = departures.filter((_departure, at) => earlier[at] === undefined);
    if (this.#now() - readAt > MAX_AGE_MS)
      throw new StreamError('STREAM_UNAVAILABLE', 'what was read of an outbox is too old to be sent');
    const refs = fresh.length === 0 ? [] : await arriveAt(to, epoch, fresh);
    let next = 0;
    return departures.map((departure, at) => ({ departure, ref: earlier[at] ?? String(refs[next++]) }));
  }

  /** The ref under which it has arrived by a map before this one, of which not everything is finished. */
  async #findEarlier(to: Stream, { place, identity, contentHash }: Departure): Promise<string | undefined> {
    for (const stream of this.#partitions.earlierAt(place, to)) {
      const known = await this.#identities.find(stream, identity, contentHash);
      if (known !== undefined) return known.ref;
    }
    return undefined;
  }
}

/** Where to read on after what was read up to `last`: what is known to be for partitions that are away again is passed over. */
function pastWhatIsAway(last: string, { away, before }: Progress): string {
  const isAsBefore = [...before.away].every((one) => away.has(one));
  return isAsBefore && compareEntryIds(before.after, last) > 0 ? before.after : last;
}
