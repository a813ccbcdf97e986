import type { Outcome, RouteCounts, RoutesSeen } from '@millrace/stream-client';
import { MinuteSlices } from './minute-slices.js';
import type { Observer } from './observe.js';
import { isPutOff } from './outcome.js';

/** Routes that are told of; those that something was settled along first. Configuration has fewer. */
const MAX_ROUTES = 1_000;

type Counts = { -readonly [Word in keyof RouteCounts]: RouteCounts[Word] };

const WORDS = ['done', 'retried', 'waiting', 'parked', 'dead', 'expired'] as const satisfies (keyof Counts)[];

/** What became of the deliveries along each route within the last minute. Costs a settled delivery two looks into maps. */
export class RouteWindow {
  readonly #slices: MinuteSlices<Map<string, Counts>>;

  /** `now` counts in ms, from whenever. */
  constructor(now: () => number) {
    this.#slices = new MinuteSlices(now, () => new Map());
  }

  /** One that goes on in another partition counts where it ends. */
  note(outcome: Pick<Outcome, 'route' | 'state' | 'detail'>): void {
    const word = wordFor(outcome);
    if (word === undefined) return;
    const byRoute = this.#slices.current();
    const counts = byRoute.get(outcome.route);
    if (counts !== undefined) counts[word] += 1;
    else if (byRoute.size < MAX_ROUTES) byRoute.set(outcome.route, { ...nothing(), [word]: 1 });
  }

  report(): RoutesSeen {
    const sums = new Map<string, Counts>();
    for (const [route, counts] of this.#slices.live().flatMap((byRoute) => [...byRoute])) {
      const sum = sums.get(route) ?? nothing();
      for (const word of WORDS) sum[word] += counts[word];
      sums.set(route, sum);
    }
    const routes = [...sums].slice(0, MAX_ROUTES).map(([route, counts]) => ({ route, ...counts }));
    return { coveredMs: Math.round(this.#slices.coveredMs), routes };
  }
}

/** An observer that counts what is settled, too. */
export function countRoutes(observer: Observer, window: RouteWindow): Observer {
  return {
    ...observer,
    settled(entry, disposal) {
      window.note(disposal.outcome);
      observer.settled(entry, disposal);
    },
  };
}

function wordFor(outcome: Pick<Outcome, 'state' | 'detail'>): keyof Counts | undefined {
  const { state } = outcome;
  if (state === 'moved') return undefined;
  if (state !== 'retrying') return state;
  return isPutOff(outcome) ? 'waiting' : 'retried';
}

function nothing(): Counts {
  return { done: 0, retried: 0, waiting: 0, parked: 0, dead: 0, expired: 0 };
}
