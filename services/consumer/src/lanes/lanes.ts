import { type Event, onlyRouteOf } from '@millrace/events';
import { ExpressionError, matchRoute, type Route, RouteTable } from '@millrace/routing';
import {
  type AskedLane,
  type Asking,
  compareEntryIds,
  enterLanes,
  type Joining,
  laneNameOf,
  lookAtEarlierLane,
  readPassage,
  type Stream,
  StreamError,
  type Stretch,
  type Turn,
} from '@millrace/stream-client';
import type { Configurations } from '../configuration/configuration.js';
import type { MapInUse } from '../partitions/followed-map.js';

/** Deliveries that ask in one round trip, and entries read at once to fill lanes from. */
const MAX_ASKING = 128;
const MAX_READ = 128;

/** A delivery that asks for its turn. `isGathered`: it goes on in the partition of its key, which goes by the map. */
export type Entrant = Omit<Asking, 'epoch'> & { readonly isGathered?: boolean };

/** What somebody who asks is told. */
export type TurnTold = Exclude<Turn, 'unseen' | 'outdated'>;

interface Waiting {
  readonly asking: Entrant;
  readonly resolve: (turn: TurnTold) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Where deliveries of ordered routes ask for their turn. Before it answers, lanes have been filled from the stream up to
 * their entries, whoever read what lies between: so no consumer that is slow, frozen or dead lets a later event pass an
 * earlier one, or holds up a key that it has nothing of.
 */
export class Lanes {
  readonly #stream: Stream;
  readonly #consumer: string;
  readonly #configurations: Configurations;
  readonly #map: MapInUse | undefined;
  #waiting: Waiting[] = [];
  #isWorking = false;
  /** Up to which entry lanes were filled when Redis was last asked; it may be farther by now. */
  #filledUpTo: string | undefined;

  /** Without a map, the number of partitions is never changed. */
  constructor(stream: Stream, consumer: string, configurations: Configurations, map?: MapInUse) {
    this.#stream = stream;
    this.#consumer = consumer;
    this.#configurations = configurations;
    this.#map = map;
  }

  /**
   * Resolves with whether the delivery's turn has come. Rejects with STREAM_UNAVAILABLE when Redis does not answer, and with
   * STREAM_MOVED when the map is out of date by which its key belongs here: ask again once that was read anew. Asking again is safe.
   * Deliveries that ask at the same time share round trips.
   */
  enter(asking: Entrant): Promise<TurnTold> {
    if (asking.isGathered && this.#map?.has(this.#stream) === false) return Promise.reject(outdated());
    return new Promise<TurnTold>((resolve, reject) => {
      this.#waiting.push({ asking, resolve, reject });
      if (this.#isWorking) return;
      this.#isWorking = true;
      // At the end of this turn of the event loop: what was read together asks together.
      setImmediate(() => void this.#work());
    });
  }

  /**
   * Whether nothing that this partition accepted before it was fenced stands in a lane, or will. Once it is over it stays
   * so. `gathered` as `AskedLane` has it. Rejects as `enter` does. Where the signal aborts, it is not known to be over.
   */
  async isOver(lane: string, gathered: AskedLane['gathered'], signal: AbortSignal): Promise<boolean> {
    const asked = { lane, epoch: this.#map?.epoch ?? 1, ...(gathered === undefined ? {} : { gathered }) };
    let look = await lookAtEarlierLane(this.#stream, asked, signal);
    if (look.kind === 'unfilled') {
      await this.#fillUpTo(look.upTo);
      look = await lookAtEarlierLane(this.#stream, asked, signal);
    }
    return look.kind === 'over';
  }

  get partition(): number {
    return Number(this.#stream.keys.partition);
  }

  async #work(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, MAX_ASKING);
      try {
        await this.#answer(batch);
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.#isWorking = false;
  }

  /** Answers all of a batch: one round trip where others have filled the lanes already, else one more for each passage. */
  async #answer(batch: readonly Waiting[]): Promise<void> {
    let open = batch;
    while (open.length > 0) {
      const stretch = await this.#readStretch(lastOf(open));
      const asking = open.map((one) => this.#toAsking(one.asking));
      const { filledUpTo, turns } = await enterLanes(this.#stream, this.#consumer, stretch, asking);
      this.#filledUpTo = filledUpTo;
      open = open.filter(({ resolve, reject }, at) => {
        const turn = turns[at];
        if (turn === undefined || turn === 'unseen') return true;
        if (turn === 'outdated') reject(outdated());
        else resolve(turn);
        return false;
      });
    }
  }

  /** By the map of this moment: what is decided about the delivery later is decided by this one or a newer one. */
  #toAsking({ isGathered = false, ...asking }: Entrant): Asking {
    return isGathered && this.#map !== undefined ? { ...asking, epoch: this.#map.epoch } : asking;
  }

  /** Up to an entry that has been delivered, whoever holds what lies before it. */
  async #fillUpTo(last: string): Promise<void> {
    do {
      const { filledUpTo } = await enterLanes(this.#stream, this.#consumer, await this.#readStretch(last), []);
      this.#filledUpTo = filledUpTo;
    } while (isAfter(last, this.#filledUpTo));
  }

  /** The next passage of the stream up to an entry; none where lanes are filled to there. */
  async #readStretch(last: string): Promise<Stretch | undefined> {
    const from = this.#filledUpTo;
    if (from === undefined || !isAfter(last, from)) return undefined;
    const { entries, upTo } = await readPassage(this.#stream, from, last, MAX_READ);
    const configuration = this.#configurations.hold();
    try {
      const routes = orderedIn(configuration.routes);
      const joining = await Promise.all(
        entries.map(async ({ id: entryId, ref, event }) => {
          const places = await placesOf(event, routes);
          return places.flatMap((place): Joining[] => (place === undefined ? [] : [{ entryId, ref, ...place }]));
        }),
      );
      return { from, upTo, joining: joining.flat() };
    } finally {
      configuration.release();
    }
  }
}

function outdated(): StreamError {
  return new StreamError('STREAM_MOVED', 'the partition was closed to the map by which the key belongs there');
}

/** The last entry of which somebody asks. */
function lastOf(batch: readonly Waiting[]): string {
  const fresh = batch.flatMap(({ asking: { entry } }) => (entry.retry === undefined ? [entry.id] : []));
  return fresh.reduce((latest, id) => (isAfter(id, latest) ? id : latest), '0-0');
}

/** What has come from another partition stands along the one route that it came for, which has accepted it there. */
async function placesOf(event: Event, routes: RouteTable) {
  const only = onlyRouteOf(event);
  if (only === undefined) return Promise.all(routes.accepting(event).map((route) => placeOf(route, event)));
  const route = routes.find(only);
  return route === undefined ? [] : [await placeAlong(route, event)];
}

/** Where an event stands along a route; undefined where it does not take the route, or has no key that could be told. */
async function placeOf(route: Route, event: Event) {
  return (await matchRoute(route, event)) === undefined ? undefined : placeAlong(route, event);
}

async function placeAlong(route: Route, event: Event) {
  try {
    const key = await route.order?.keyOf(event);
    return key === undefined ? undefined : { route: route.id, lane: laneNameOf(route.id, key) };
  } catch (error) {
    if (error instanceof ExpressionError) return undefined;
    throw error;
  }
}

/** The ordered routes of a configuration, arranged once. */
function orderedIn(routes: RouteTable): RouteTable {
  const known = orderedTables.get(routes);
  if (known !== undefined) return known;
  const table = new RouteTable(routes.all.filter(({ order }) => order !== undefined));
  orderedTables.set(routes, table);
  return table;
}

const orderedTables = new WeakMap<RouteTable, RouteTable>();

function isAfter(a: string, b: string): boolean {
  return compareEntryIds(a, b) > 0;
}
