import { sleep } from '@millrace/core';
import type { Event } from '@millrace/events';
import { ExpressionError } from '@millrace/routing';
import { type Entry, isWorthRepeating, laneNameOf, type Turn } from '@millrace/stream-client';
import type { DeliveryPlan } from '../plan.js';
import type { Lanes } from './lanes.js';

/** The deliveries of an entry that may go out now, and those before which others of their lanes come. */
export interface TurnsTaken {
  readonly ready: readonly DeliveryPlan[];
  readonly waiting: readonly DeliveryPlan[];
  /** First in their lanes, but before them something of their keys comes that is in another partition still. */
  readonly behind: readonly { readonly plan: DeliveryPlan; readonly partition: number }[];
}

/** What taking turns needs of the process. */
export interface TurnTaking {
  readonly lanes: Pick<Lanes, 'enter'>;
  /** Of the partitions to which the event's key belonged before this one. */
  readonly earlierLanes: (event: Event) => readonly Pick<Lanes, 'isOver' | 'partition'>[];
  readonly random: () => number;
}

/**
 * Tells which deliveries of an entry may go out. Those whose routes order nothing, or whose event has no key, always may.
 * One whose key cannot be told is ready with its failure, as its attempt. Asks again while Redis is away. `not-owned`:
 * the entry is lost, or the signal has aborted, and nothing is to be done about it here.
 */
export async function takeTurns(
  entry: Entry,
  placed: readonly Placed[],
  taking: TurnTaking,
  signal: AbortSignal,
): Promise<TurnsTaken | 'not-owned'> {
  if (!placed.some(({ lane }) => lane !== undefined))
    return { ready: placed.map(({ plan }) => plan), waiting: [], behind: [] };
  for (let pauseMs = 50; !signal.aborted; pauseMs = Math.min(2 * pauseMs, MAX_PAUSE_MS)) {
    try {
      const turns = await Promise.all(placed.map((one) => turnOf(entry, one, taking)));
      if (turns.includes('not-owned')) return 'not-owned';
      const plansWith = (turn: Turn) => placed.flatMap(({ plan }, at) => (turns[at] === turn ? [plan] : []));
      const behind = placed.flatMap(({ plan }, at) => {
        const turn = turns[at];
        return typeof turn === 'number' ? [{ plan, partition: turn }] : [];
      });
      return { ready: plansWith('go'), waiting: plansWith('wait'), behind };
    } catch (error) {
      if (!isWorthRepeating(error)) throw error;
    }
    await sleep(pauseMs * (0.5 + taking.random()), signal);
  }
  return 'not-owned';
}

const MAX_PAUSE_MS = 2_000;

/** A delivery, and where it stands. */
export interface Placed {
  readonly plan: DeliveryPlan;
  /** Name of its lane; undefined when it stands in none. */
  readonly lane?: string;
}

/** Finds the lanes in which deliveries of an entry are to stand, by the keys of its event. */
export async function placeInLanes(entry: Entry, deliveries: readonly DeliveryPlan[]): Promise<readonly Placed[]> {
  if (!deliveries.some(({ route }) => route?.order !== undefined)) return deliveries.map((plan) => ({ plan }));
  return Promise.all(deliveries.map((plan) => placeOf(entry, plan)));
}

/** Its turn in its lane; the number of another partition where what comes before it is there still. */
async function turnOf(
  entry: Entry,
  { plan, lane }: Placed,
  { lanes, earlierLanes }: TurnTaking,
): Promise<Turn | number> {
  if (lane === undefined) return 'go';
  const turn = await lanes.enter({ entry, route: plan.routeId, lane });
  if (turn !== 'go') return turn;
  for (const earlier of earlierLanes(entry.event)) if (!(await earlier.isOver(lane))) return earlier.partition;
  return 'go';
}

async function placeOf({ event }: Entry, plan: DeliveryPlan): Promise<Placed> {
  const { route } = plan;
  if (route?.order === undefined) return { plan };
  try {
    const key = await route.order.keyOf(event);
    return key === undefined ? { plan } : { plan, lane: laneNameOf(route.id, key) };
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    return { plan: { ...plan, keyError: error } };
  }
}
