import { sleep } from '@millrace/core';
import type { Event } from '@millrace/events';
import { ExpressionError, gatheredBy } from '@millrace/routing';
import {
  type Entry,
  isWorthRepeating,
  laneNameOf,
  placeOfKey,
  type Stream,
  StreamError,
} from '@millrace/stream-client';
import type { FollowableMap } from '../partitions/followed-map.js';
import type { DeliveryPlan } from '../plan.js';
import type { Lanes, TurnTold } from './lanes.js';

/** The deliveries of an entry that may go out now, and those before which others of their lanes come. */
export interface TurnsTaken {
  readonly ready: readonly DeliveryPlan[];
  readonly waiting: readonly DeliveryPlan[];
  /**
   * First in their lanes, but before them something of their keys comes that is in another partition still. Of this very partition:
   * it stays closed to the map by which they would have their turn.
   */
  readonly behind: readonly { readonly plan: DeliveryPlan; readonly partition: number }[];
}

/** What taking turns needs of the process. */
export interface TurnTaking {
  /** Of the partition of the entry. */
  readonly lanes: Pick<Lanes, 'enter' | 'partition'>;
  readonly stream: Stream;
  /** Of the partitions to which the event belonged before this one, and those to which its key did, where that has another place. */
  readonly earlierLanes: (event: Event, place?: number) => readonly Pick<Lanes, 'isOver' | 'partition'>[];
  /** The map of the partitions. Left out, it never changes. */
  readonly map?: FollowableMap;
  readonly random: () => number;
}

/**
 * Tells which deliveries of an entry may go out. Those whose routes order nothing, or whose event has no key, always may.
 * One whose key cannot be told is ready with its failure, as its attempt. Asks again while Redis is away. `not-owned`:
 * the entry is lost, or the signal has aborted, and nothing is to be done about it here. What is refused although the map is read
 * again and again waits somewhere else than in a place that others need.
 */
export async function takeTurns(
  entry: Entry,
  placed: readonly Placed[],
  taking: TurnTaking,
  signal: AbortSignal,
): Promise<TurnsTaken | 'not-owned'> {
  if (!placed.some(({ lane }) => lane !== undefined))
    return { ready: placed.map(({ plan }) => plan), waiting: [], behind: [] };
  let refusals: Refusals = { epoch: 0, count: 0 };
  for (let pauseMs = 50; !signal.aborted; pauseMs = Math.min(2 * pauseMs, MAX_PAUSE_MS)) {
    try {
      const isClosed = refusals.count >= MAX_REFUSALS || (refusals.count > 0 && taking.map?.isClosed(taking.stream));
      const turns = await Promise.all(placed.map((one) => turnOf(entry, one, isClosed, taking, signal)));
      if (turns.includes('not-owned')) return 'not-owned';
      const plansWith = (turn: TurnTold) => placed.flatMap(({ plan }, at) => (turns[at] === turn ? [plan] : []));
      const behind = placed.flatMap(({ plan }, at) => {
        const turn = turns[at];
        return typeof turn === 'number' ? [{ plan, partition: turn }] : [];
      });
      return { ready: plansWith('go'), waiting: plansWith('wait'), behind };
    } catch (error) {
      if (!isWorthRepeating(error)) throw error;
      if (isMoved(error) && taking.map !== undefined) refusals = afterRefusal(refusals, await taking.map.follow());
    }
    await sleep(pauseMs * (0.5 + taking.random()), signal);
  }
  return 'not-owned';
}

const MAX_PAUSE_MS = 2_000;
/** Refusals by the same map after which no other one is waited for: about two seconds. */
const MAX_REFUSALS = 5;

/** How often turns were refused by the map of an epoch. */
interface Refusals {
  readonly epoch: number;
  readonly count: number;
}

function afterRefusal({ epoch, count }: Refusals, epochNow: number): Refusals {
  return { epoch: epochNow, count: epochNow === epoch ? count + 1 : 1 };
}

function isMoved(error: unknown): boolean {
  return error instanceof StreamError && error.code === 'STREAM_MOVED';
}

/** A delivery, and where it stands. */
export interface Placed {
  readonly plan: DeliveryPlan;
  /** Name of its lane; undefined when it stands in none. */
  readonly lane?: string;
  /** The place of its key, of a route whose deliveries go on in the partition of their key. */
  readonly place?: number;
}

/** Finds the lanes in which deliveries of an entry are to stand, by the keys of its event. */
export async function placeInLanes(entry: Entry, deliveries: readonly DeliveryPlan[]): Promise<readonly Placed[]> {
  if (!deliveries.some(({ route }) => route?.order !== undefined)) return deliveries.map((plan) => ({ plan }));
  return Promise.all(deliveries.map((plan) => placeOf(entry, plan)));
}

/** Its turn in its lane; the number of a partition where what comes before it is there still, its own if that stays closed to the map. */
async function turnOf(
  entry: Entry,
  { plan: { routeId: route }, lane, place }: Placed,
  isClosed: boolean | undefined,
  { lanes, stream, earlierLanes, map }: TurnTaking,
  signal: AbortSignal,
): Promise<TurnTold | number> {
  if (lane === undefined) return 'go';
  const turn = await lanes.enter({ entry, route, lane, isGathered: place !== undefined }).catch((error: unknown) => {
    if (isClosed && isMoved(error)) return 'closed' as const;
    throw error;
  });
  if (turn === 'closed') {
    await map?.tellClosed(stream);
    return lanes.partition;
  }
  if (turn !== 'go') return turn;
  const gathered = place === undefined ? undefined : { route, place };
  for (const earlier of earlierLanes(entry.event, place))
    if (!(await earlier.isOver(lane, gathered, signal))) return earlier.partition;
  return 'go';
}

async function placeOf({ event }: Entry, plan: DeliveryPlan): Promise<Placed> {
  const { route } = plan;
  if (route?.order === undefined) return { plan };
  try {
    const key = await route.order.keyOf(event);
    if (key === undefined) return { plan };
    const lane = laneNameOf(route.id, key);
    return gatheredBy(route) === undefined ? { plan, lane } : { plan, lane, place: placeOfKey(key) };
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    return { plan: { ...plan, keyError: error } };
  }
}
