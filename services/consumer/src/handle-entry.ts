import { sleep } from '@millrace/core';
import type { Event } from '@millrace/events';
import {
  type EffectRecorder,
  type Entry,
  isRouteAnnounced,
  isWorthRepeating,
  type MalformedEntry,
  type Outcome,
  type RunningDelivery,
  type Settlement,
  type SettleReply,
  type Settler,
  type Stream,
  type StreamClock,
  type ToolProgress,
} from '@millrace/stream-client';
import { enterAgentContext } from './agents/agent-context.js';
import type { Attempt } from './attempt.js';
import { believeHints } from './believe-hints.js';
import { checkFollowUps } from './check-follow-ups.js';
import type { Configuration, Configurations } from './configuration/configuration.js';
import { decide } from './decide.js';
import { deliver, type RoutedPlan } from './deliver.js';
import type { OuterEnd } from './handlers/attempt-end.js';
import { laneAfter } from './lanes/lane-after.js';
import type { Lanes } from './lanes/lanes.js';
import { type Placed, placeInLanes, takeTurns } from './lanes/take-turns.js';
import { type FindElsewhere, findLeaving, type Leaving } from './moving/find-leaving.js';
import type { Observer } from './observe.js';
import {
  type Disposal,
  toBehindOutcome,
  toDeadOutcome,
  toElsewhereOutcome,
  toExpiredOutcome,
  toMovedOutcome,
  toNotMetOutcome,
  toOutcome,
  toPausedOutcome,
  toQueuedOutcome,
  toWaitingOutcome,
} from './outcome.js';
import type { FollowableMap } from './partitions/followed-map.js';
import { findPause, type Pauses } from './pauses/find-pause.js';
import { type DeliveryPlan, planEntry } from './plan.js';
import type { CallNotes } from './servers/call-notes.js';
import { toDelivering } from './to-delivering.js';
import { type AttemptTracer, UNTRACED } from './trace-attempts.js';

/** What handling an entry needs. One for each partition; only what names it is its own. */
export interface Handling {
  /** The partition. */
  readonly stream: Stream;
  /** Where what is of the deployment is kept. */
  readonly home: Stream;
  readonly settler: Settler;
  readonly effects: EffectRecorder;
  readonly configurations: Configurations;
  readonly lanes: Lanes;
  /** Lanes of the partitions to which an event belonged before this one, or its key, where that has a place of its own. */
  readonly earlierLanes: (event: Event, place?: number) => readonly Lanes[];
  /** The map of the partitions; left out, it never changes. */
  readonly map?: FollowableMap;
  /** Tells of keys that belong in other partitions; left out, all are at home. */
  readonly findElsewhere?: FindElsewhere;
  readonly observer: Observer;
  /** Told of every tool call, for those who want to see the last ones. Default: nobody does. */
  readonly calls?: CallNotes;
  /** What somebody has paused. */
  readonly pauses: Pauses;
  /** Starts after which an entry is taken for one that kills its consumer. */
  readonly maxStarts: number;
  /** How long a delivery waits for somebody's answer before it expires. */
  readonly maxParkedMs: number;
  readonly random: () => number;
  readonly clock: Pick<StreamClock, 'now'>;
  /** Default: nobody is shown anything. */
  readonly tracing?: AttemptTracer;
}

/** The entry's place in this process: what its lease shows with the next heartbeat, and whether its handler is to end. */
export interface EntryHold extends OuterEnd {
  /** Which deliveries are being worked on: they are `running`. */
  noteRunning(running: readonly RunningDelivery[]): void;
  noteProgress(route: string, progress: ToolProgress): void;
  /** Nothing is left but to tell Redis what has come of it. */
  endWork(): void;
}

/**
 * Carries one entry through: decode → match → deliver → decide → settle, each delivery by itself, so that a slow route
 * does not hold up another's settlement. From beginning to end under the one configuration that was in force when it
 * began. Ends early, with the entry still pending, when the hold is aborted: the lease is
 * lost, or the process is out of time. Rejects only for a bug, and then too the entry stays pending.
 */
export async function handleEntry(entry: Entry | MalformedEntry, handling: Handling, hold: EntryHold): Promise<void> {
  if (entry.kind === 'malformed') return settleMalformed(entry, handling, hold);
  const configuration = handling.configurations.hold();
  try {
    await handleUnder(configuration, entry, handling, hold);
  } finally {
    configuration.release();
  }
}

async function handleUnder(
  configuration: Configuration,
  entry: Entry,
  handling: Handling,
  hold: EntryHold,
): Promise<void> {
  const { tracing = UNTRACED } = handling;
  const { routeIds, deliveries } = await planEntry(entry, configuration.routes, handling.stream);
  const placed = await placeInLanes(entry, deliveries);
  const settleNow = (disposals: readonly Disposal[]) =>
    settleDisposals(entry, routeIds, disposals, placed, configuration, handling, hold);
  const settle = async (disposals: readonly Disposal[]) => void (await settleNow(disposals));

  if (deliveries.length === 0) return settle([]);
  if (isExpired(entry.event, handling.clock.now())) return settle(deliveries.map(toExpiredOutcome));
  if (entry.deliveryCount > handling.maxStarts) return settle(deliveries.map((plan) => giveUp(plan, entry, handling)));
  const turns = await takeTurns(entry, placed, handling, hold.signal);
  if (turns === 'not-owned') return;
  const { staying, leaving } = await findLeaving(entry, turns.ready, handling.findElsewhere);
  hold.noteRunning(staying.map(({ routeId, attempt }) => ({ route: routeId, attempt })));
  let atWork = staying.length;
  const endings = await Promise.allSettled([
    turns.waiting.length > 0 && settle(turns.waiting.map(toQueuedOutcome)),
    turns.behind.length > 0 && settle(turns.behind.map(({ plan, partition }) => toBehindOutcome(plan, partition))),
    ...leaving.map((one) => sendOn(one, settleNow)),
    ...staying.map((plan) =>
      tracing.attempt(entry, plan, async () => {
        const disposal = tracing.conclude(await carryOut(entry, plan, configuration, handling, hold));
        atWork -= 1;
        if (atWork === 0) hold.endWork();
        if (!hold.isAborted) await tracing.settle(() => settle([disposal]));
      }),
    ),
  ]);
  // The lease is kept until the last of them has ended, whatever became of the others.
  for (const ending of endings) if (ending.status === 'rejected') throw ending.reason;
}

/** A delivery before which a failover has put something back does not pass it: it waits, to be called once it is its turn again. */
async function sendOn(
  { plan, place }: Leaving,
  settle: (disposals: readonly Disposal[]) => Promise<SettleReply>,
): Promise<void> {
  if ((await settle([toMovedOutcome(plan, place)])) === 'unplaced') await settle([toQueuedOutcome(plan)]);
}

/** Settles these outcomes of an entry as `settleUntilAnswered` does, and tells the observer of them once they are settled. */
export async function settleDisposals(
  entry: Entry,
  routeIds: readonly string[],
  disposals: readonly Disposal[],
  placed: readonly Placed[],
  configuration: Configuration,
  handling: Handling,
  hold: OuterEnd,
): Promise<SettleReply> {
  const laneOf = new Map(placed.map(({ plan, lane }) => [plan.routeId, lane]));
  const outcomes = disposals.map(({ outcome }) => {
    const laneName = laneOf.get(outcome.route);
    const standing = { wasPutBack: entry.retry !== undefined, hasLane: laneName !== undefined };
    const after = laneAfter(configuration.routes.find(outcome.route)?.order, outcome, standing);
    return laneName === undefined ? after : { ...after, laneName };
  });
  const reply = await settleUntilAnswered({ entry, routes: routeIds, outcomes }, handling, hold);
  if (reply === 'settled') for (const disposal of disposals) handling.observer.settled(entry, disposal);
  return reply;
}

/** Past its `expirytime` an event is not delivered any more, and its record says so. */
function isExpired(event: Event, nowMs: number): boolean {
  const { expirytime } = event.attributes;
  return typeof expirytime === 'string' && Date.parse(expirytime) <= nowMs;
}

async function carryOut(
  entry: Entry,
  plan: DeliveryPlan,
  configuration: Configuration,
  handling: Handling,
  hold: EntryHold,
): Promise<Disposal> {
  const paused = findPause(handling.pauses, plan.routeId, plan.route);
  if (paused !== undefined) return toPausedOutcome(plan, paused);
  if (plan.route === undefined) {
    if (await mayBeElsewhere(plan, handling)) return toElsewhereOutcome(plan);
    const error = { code: 'ROUTE_MISSING', message: `no route is called ${plan.routeId} any more` };
    return toDeadOutcome(plan, 'route-missing', error);
  }
  if (plan.condition === 'no') return toNotMetOutcome(plan);
  const entering = await enterAgentContext(entry, plan.route, handling.stream);
  if (entering.kind === 'waiting') return toWaitingOutcome(plan, entering.name, entering.ahead);
  const { route, isReadOnly } = await believeHints(plan.route, configuration.tools, hold.signal);
  const routed = { ...plan, route };
  const leave = (disposal: Disposal): Disposal =>
    entering.kind === 'entered' ? { ...disposal, outcome: entering.context.leave(disposal.outcome) } : disposal;
  if (entering.kind === 'failed') return leave(conclude(entering.attempt, routed, handling));
  const memory = entering.kind === 'entered' ? { memory: entering.context.memory } : {};
  const delivering = { ...toDelivering(entry, routed, configuration, handling, hold), ...memory, isReadOnly };
  const attempt = await deliver(entry.event, routed, delivering, hold);
  return leave(conclude(checkFollowUps(attempt, configuration.schemas), routed, handling));
}

/** What is to become of a delivery after an attempt, and what its record will say. */
export function conclude(attempt: Attempt, plan: RoutedPlan, { random, maxParkedMs }: Handling): Disposal {
  return toOutcome(plan, plan.route, attempt, decide(attempt, plan, plan.route, random), maxParkedMs);
}

/** Times that a delivery is left to others before nobody is believed to take it. */
const MAX_LEFT_TO_OTHERS = 500;

/**
 * Whether another consumer works under a configuration that has the route: where one is being rolled out, or files are
 * being exchanged, they differ for a while.
 */
async function mayBeElsewhere({ routeId, held = 0 }: DeliveryPlan, { home, clock }: Handling): Promise<boolean> {
  if (held >= MAX_LEFT_TO_OTHERS) return false;
  try {
    return await isRouteAnnounced(home, routeId, clock.now());
  } catch (error) {
    // Not known is no reason to give it up.
    if (!isWorthRepeating(error)) throw error;
    return true;
  }
}

function giveUp(plan: DeliveryPlan, entry: Entry, handling: Handling): Disposal {
  const message = `started ${entry.deliveryCount - 1} times without ever coming to an end; the limit is ${handling.maxStarts}`;
  return toDeadOutcome(plan, 'starts-exhausted', { code: 'STARTS_EXHAUSTED', message });
}

/** An entry that cannot be read goes to the dead letters as it is; the loop goes on. */
async function settleMalformed(entry: MalformedEntry, handling: Handling, hold: OuterEnd): Promise<void> {
  const plan = {
    routeId: '-',
    route: undefined,
    attempt: 1,
    redrivenAt: 0,
    unsent: 0,
    condition: 'holds',
    effects: [],
  } as const;
  const disposal = toDeadOutcome(plan, 'entry-malformed', { code: 'ENTRY_MALFORMED', message: entry.problem });
  const outcomes = [disposal.outcome];
  const reply = await settleUntilAnswered({ entry, routes: ['-'], outcomes }, handling, hold);
  if (reply === 'settled') handling.observer.settled(entry, disposal);
}

/** How long until a settlement that failed is tried again, in ms; then twice as long each time. */
export const FIRST_SETTLE_PAUSE_MS = 50;
const MAX_SETTLE_PAUSE_MS = 2_000;

/** A settlement, with the names of the lanes in which its deliveries stand. */
export interface PlacedSettlement extends Settlement {
  readonly outcomes: readonly (Outcome & { readonly laneName?: string })[];
}

/**
 * Settles, again and again while Redis is away: the work is done, and only Redis needs to know. Repeating is safe, an
 * outcome takes effect once. What a failover has put out of its lane enters it again first; but what was to leave it as the first
 * is answered `unplaced`: it may have to wait. Gives up when the hold is aborted, which is answered `not-owned`: whoever claims the
 * entry then repeats the work.
 */
export async function settleUntilAnswered(
  settlement: PlacedSettlement,
  handling: Handling,
  hold: OuterEnd,
): Promise<SettleReply> {
  const goesInOrder = settlement.outcomes.some(({ lane }) => lane === 'leave-first');
  let pauseMs = FIRST_SETTLE_PAUSE_MS;
  while (!hold.isAborted) {
    try {
      const reply = await handling.settler.settle(settlement);
      if (reply === 'not-owned') handling.observer.fenced(settlement);
      if (reply !== 'unplaced' || goesInOrder) return reply;
      await enterAgain(settlement, handling);
    } catch (error) {
      if (!isWorthRepeating(error)) throw error;
      handling.observer.settleFailed(settlement, error);
    }
    await sleep(pauseMs * (0.5 + handling.random()), hold.signal);
    pauseMs = Math.min(2 * pauseMs, MAX_SETTLE_PAUSE_MS);
  }
  return 'not-owned';
}

/** Lanes are filled up to the entry by it, so that what came before it stands before it. */
async function enterAgain({ entry, outcomes }: PlacedSettlement, { lanes }: Handling): Promise<void> {
  if (entry.kind !== 'entry') return;
  await Promise.all(
    outcomes.map(async ({ route, laneName }) => {
      if (laneName !== undefined) await lanes.enter({ entry, route, lane: laneName });
    }),
  );
}
