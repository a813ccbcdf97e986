import { type Event, onlyRouteOf } from '@millrace/events';
import { ExpressionError, matchRoute, type Route, RouteTable } from '@millrace/routing';
import {
  type Asking,
  compareEntryIds,
  enterLanes,
  type Joining,
  laneNameOf,
  lookAtEarlierLane,
  readPassage,
  type Stream,
  type Stretch,
  type Turn,
} from '@millrace/stream-client';
import type { Configurations } from '../configuration/configuration.js';

/** Deliveries that ask in one round trip, and entries read at once to fill lanes from. */
const MAX_ASKING = 128;
const MAX_READ = 128;

interface Waiting {
  readonly asking: Asking;
  readonly resolve: (turn: Turn) => void;
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
  #waiting: Waiting[] = [];
  #isWorking = false;
  /** Up to which entry lanes were filled when Redis was last asked; it may be farther by now. */
  #filledUpTo: string | undefined;

  constructor(stream: Stream, consumer: string, configurations: Configurations) {
    this.#stream = stream;
    this.#consumer = consumer;
    this.#configurations = configurations;
  }

  /**
   * Resolves with whether the delivery's turn has come. Rejects with STREAM_UNAVAILABLE when Redis does not answer; asking
   * again is safe. Deliveries that ask at the same time share round trips.
   */
  enter(asking: Asking): Promise<Exclude<Turn, 'unseen'>> {
    return new Promise<Exclude<Turn, 'unseen'>>((resolve, reject) => {
      this.#waiting.push({ asking, resolve: resolve as Waiting['resolve'], reject });
      if (this.#isWorking) return;
      this.#isWorking = true;
      // At the end of this turn of the event loop: what was read together asks together.
      setImmediate(() => void this.#work());
    });
  }

  /**
   * Whether nothing that this partition accepted before it was fenced stands in a lane, or will. Once it is over it stays
   * so. Rejects as `enter` does.
   */
  async isOver(lane: string): Promise<boolean> {
    let look = await lookAtEarlierLane(this.#stream, lane);
    if (look.kind === 'unfilled') {
      await this.#fillUpTo(look.upTo);
      look = await lookAtEarlierLane(this.#stream, lane);
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
      const asking = open.map((one) => one.asking);
      const { filledUpTo, turns } = await enterLanes(this.#stream, this.#consumer, stretch, asking);
      this.#filledUpTo = filledUpTo;
      open = open.filter(({ resolve }, at) => {
        const turn = turns[at];
        if (turn === undefined || turn === 'unseen') return true;
        resolve(turn);
        return false;
      });
    }
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
