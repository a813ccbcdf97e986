import type { WitnessEntry } from './witness-entry.js';

/** How often something was seen. `stopped` requests are among the `requests`; they never reached a tool. */
export interface Tally {
  requests: number;
  stopped: number;
  effects: number;
}

/** The tally of one event, over all tools and for each of them. */
export interface EventTally extends Readonly<Tally> {
  readonly tools: Readonly<Record<string, Readonly<Tally>>>;
}

interface EventRecord {
  readonly tools: Map<string, Tally>;
  readonly places: number[];
}

/** An event's entries beyond this many are counted, but can no longer be listed by event. */
const MAX_PLACES = 1_000;

/**
 * Counts by event and tool, in memory, for up to `maxEvents` events. Entries of events beyond that only enter the totals
 * and `uncounted`; as long as `uncounted` is 0, the counts by event are complete.
 */
export class WitnessCounts {
  readonly totals: Tally = { requests: 0, stopped: 0, effects: 0 };
  uncounted = 0;
  readonly #events = new Map<string, EventRecord>();
  /** Event ids in the order they were first seen, so that a page can say where the next one starts. */
  readonly #ids: string[] = [];
  readonly #maxEvents: number;

  constructor(maxEvents: number) {
    this.#maxEvents = maxEvents;
  }

  get events(): number {
    return this.#ids.length;
  }

  add(entry: WitnessEntry, place: { readonly offset: number; readonly length: number }): void {
    tally(this.totals, entry);
    const record = this.#recordOf(entry.eventId);
    if (record === undefined) {
      this.uncounted += 1;
      return;
    }
    let ofTool = record.tools.get(entry.tool);
    if (ofTool === undefined) {
      ofTool = { requests: 0, stopped: 0, effects: 0 };
      record.tools.set(entry.tool, ofTool);
    }
    tally(ofTool, entry);
    if (record.places.length < MAX_PLACES * 2) record.places.push(place.offset, place.length);
  }

  /** The tally of one event; all zero for one never seen. */
  of(eventId: string): EventTally {
    const all = { requests: 0, stopped: 0, effects: 0 };
    const tools = Object.fromEntries(this.#events.get(eventId)?.tools ?? []);
    for (const one of Object.values(tools)) {
      all.requests += one.requests;
      all.stopped += one.stopped;
      all.effects += one.effects;
    }
    return { ...all, tools };
  }

  /** Where the entries of one event stand in the file: pairs of offset and length, oldest first. */
  placesOf(eventId: string): readonly number[] {
    return this.#events.get(eventId)?.places ?? [];
  }

  /** Up to `limit` event ids, in the order they were first seen, after the first `after` of them. */
  idsAfter(after: number, limit: number): readonly string[] {
    return this.#ids.slice(after, after + limit);
  }

  #recordOf(eventId: string): EventRecord | undefined {
    const known = this.#events.get(eventId);
    if (known !== undefined || this.#ids.length >= this.#maxEvents) return known;
    const record: EventRecord = { tools: new Map(), places: [] };
    this.#events.set(eventId, record);
    this.#ids.push(eventId);
    return record;
  }
}

function tally(into: Tally, entry: WitnessEntry): void {
  if (entry.kind === 'effect') into.effects += 1;
  else into.requests += 1;
  if (entry.kind === 'request' && entry.stopped !== undefined) into.stopped += 1;
}
