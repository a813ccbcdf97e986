import { type Event, onlyRouteOf } from '@millrace/events';
import { type Effect, findEffects } from '@millrace/ledger';
import { type ExpressionError, matchRoute, matchRoutes, type Route, type RouteTable } from '@millrace/routing';
import { type Asked, type DeliveryRecord, type Entry, readRecord, type Stream } from '@millrace/stream-client';

/** One delivery that an entry asks for: a route, and which attempt at it this is. */
export interface DeliveryPlan {
  readonly routeId: string;
  /** Undefined when the routes file no longer has it. */
  readonly route: Route | undefined;
  /** From 1, over the whole life of the delivery. */
  readonly attempt: number;
  /** How many attempts there had been at the last redrive: the retry policy counts from here. */
  readonly redrivenAt: number;
  /** How many attempts since then never left the process. */
  readonly unsent: number;
  /** How many of those a pause has put off. */
  readonly held?: number;
  /** What its record says, of a delivery that was begun before. */
  readonly last?: DeliveryRecord;
  /** Whether the route's `when` let the event through. */
  readonly condition: ConditionVerdict;
  /** Why it cannot be told which deliveries it is in order with. */
  readonly keyError?: ExpressionError;
  /** What the delivery was asked for and has been given an answer to. */
  readonly input?: AnsweredInput;
  /** What the ledger knows about its tool calls; nothing of one that was never recorded as sent. */
  readonly effects: readonly Effect[];
  /** Where its one tool was called last, in an earlier attempt. */
  readonly lastCalled?: LastCalled;
}

/** A server that was called. `isOver`: it is known that nothing was done there, so another may be asked. */
export interface LastCalled {
  readonly server: string;
  /** The attempt that called it; one that its consumer did not live to see the end of counts too. */
  readonly attempt: number;
  readonly isOver: boolean;
}

/** A question of a tool, with somebody's answer. */
export interface AnsweredInput {
  readonly asks: Asked;
  readonly responses: Readonly<Record<string, unknown>>;
}

/**
 * `no` is of a delivery whose `when` failed before and says no now, after somebody mended it. A failed `when` of an event
 * that is new makes a delivery too: otherwise nobody would ever hear of it.
 */
export type ConditionVerdict = 'holds' | 'no' | ExpressionError;

/** Codes of a delivery whose `when` failed: it is asked again, at a retry or a redrive. */
export const CONDITION_CODES = { failed: 'CONDITION_FAILED', timedOut: 'CONDITION_TIMED_OUT' } as const;
const isConditionCode = (code: string | undefined) => Object.values<unknown>(CONDITION_CODES).includes(code);

/** Whether something of the delivery was sent before, since it was last begun or redriven. */
export function isRetry({ attempt, redrivenAt, unsent }: DeliveryPlan): boolean {
  return attempt - 1 - redrivenAt > unsent;
}

/** Step path of the one tool call of a route. */
export const ONLY_STEP = '0';

/** What an entry asks for: all its routes, and of them the deliveries that are still to be made. */
export interface EntryPlan {
  readonly routeIds: readonly string[];
  readonly deliveries: readonly DeliveryPlan[];
}

/**
 * Finds what is to be done about an entry. A fresh one takes every route that accepts its event; a retry is for one
 * route. An entry that somebody held before may be settled in part: the record then says which routes it was matched to
 * and which of them remain.
 */
export async function planEntry(entry: Entry, routes: RouteTable, stream: Stream): Promise<EntryPlan> {
  // A fresh entry that nobody has held has no history.
  if (entry.retry === undefined && !entry.wasHeld) return planFresh(entry, [], new Map(), routes);
  const record = await readRecord(stream, entry.ref);
  const known = new Map(record?.deliveries.map((delivery) => [delivery.route, delivery]));
  if (entry.retry !== undefined) return planRetry(entry.event, entry.retry, known, routes);
  if (record?.matched !== undefined) return planFrozen(entry, record.matched, known, routes);
  return planFresh(entry, [...known.keys()], known, routes);
}

async function planRetry(
  event: Event,
  retry: NonNullable<Entry['retry']>,
  known: ReadonlyMap<string, DeliveryRecord>,
  routes: RouteTable,
): Promise<EntryPlan> {
  const { route: routeId, attempt, redrivenAt, unsent } = retry;
  const delivery = known.get(routeId);
  // A holder before may have settled this attempt and died before it could acknowledge.
  if (delivery !== undefined && delivery.attempts >= attempt) return { routeIds: [routeId], deliveries: [] };
  const route = routes.find(routeId);
  const condition = isConditionCode(delivery?.error?.code) ? await judgeAgain(route, event) : 'holds';
  const effects = findEffects(delivery);
  // A redrive counts from nothing.
  const held = Math.min(delivery?.held ?? 0, unsent);
  const begun = delivery === undefined ? {} : { last: delivery };
  const plan = { routeId, route, attempt, redrivenAt, unsent, held, ...begun, condition, effects };
  return { routeIds: [routeId], deliveries: [{ ...plan, ...findLastCalled(delivery), ...answeredInput(delivery) }] };
}

function answeredInput(delivery: DeliveryRecord | undefined): Pick<DeliveryPlan, 'input'> {
  const { asks, responses } = delivery?.input ?? {};
  return asks === undefined || responses === undefined ? {} : { input: { asks, responses } };
}

/** The routes were fixed at the first settlement; what has not begun since is asked about again. */
async function planFrozen(
  { event }: Entry,
  all: readonly string[],
  known: ReadonlyMap<string, DeliveryRecord>,
  routes: RouteTable,
): Promise<EntryPlan> {
  const remaining = all.filter((id) => isToBegin(known.get(id)));
  const deliveries = remaining.map(async (routeId) => {
    const route = routes.find(routeId);
    return firstAttempt(routeId, route, await judgeAgain(route, event), known);
  });
  return { routeIds: all, deliveries: await Promise.all(deliveries) };
}

/**
 * Takes the routes that accept the event, and those that a holder before has already begun. What has come from another
 * partition for one route has been matched there.
 */
async function planFresh(
  { event }: Entry,
  begun: readonly string[],
  known: ReadonlyMap<string, DeliveryRecord>,
  routes: RouteTable,
): Promise<EntryPlan> {
  const only = onlyRouteOf(event);
  const matches =
    only === undefined
      ? new Map((await matchRoutes(routes, event)).map(({ route, error }) => [route.id, error]))
      : new Map([[only, undefined]]);
  const all = [...new Set([...matches.keys(), ...begun])];
  const remaining = all.filter((id) => isToBegin(known.get(id)));
  return {
    routeIds: all,
    deliveries: remaining.map((id) => firstAttempt(id, routes.find(id), matches.get(id) ?? 'holds', known)),
  };
}

/** What waits, or has waited, for its turn comes back as an entry of its own. */
function isToBegin(delivery: DeliveryRecord | undefined): boolean {
  return delivery === undefined || (delivery.attempts === 0 && !delivery.isInTurn);
}

function firstAttempt(
  routeId: string,
  route: Route | undefined,
  condition: ConditionVerdict,
  known: ReadonlyMap<string, DeliveryRecord>,
): DeliveryPlan {
  const effects = findEffects(known.get(routeId));
  // A call that may have gone out is seen through.
  const verdict = effects.length === 0 ? condition : 'holds';
  const last = known.get(routeId);
  const plan = { routeId, route, attempt: 1, redrivenAt: 0, unsent: 0, condition: verdict, effects };
  return { ...plan, ...(last === undefined ? {} : { last }), ...findLastCalled(last) };
}

async function judgeAgain(route: Route | undefined, event: Event): Promise<ConditionVerdict> {
  if (route === undefined) return 'holds';
  const match = await matchRoute(route, event);
  return match === undefined ? 'no' : (match.error ?? 'holds');
}

/** What the record knows of the last call: the ledger's entry, or where there is no ledger, what people are shown. */
function findLastCalled(delivery: DeliveryRecord | undefined): { lastCalled?: LastCalled } {
  const called = delivery?.effects.find((one) => fieldOf(one, 'step') === ONLY_STEP);
  const server = fieldOf(called, 'server') ?? fieldOf(fieldOf(called, 'target'), 'server');
  if (typeof server !== 'string') return {};
  const state = fieldOf(called, 'state');
  // A tool that failed by its own account, or asks for something, has begun: it goes on where it is.
  const isToolsWord = ['TOOL_REPORTED_ERROR', 'TOOL_NEEDS_INPUT'].includes(delivery?.error?.code ?? '');
  const attempt = Number(fieldOf(called, 'attempt') ?? delivery?.attempts);
  return { lastCalled: { server, attempt, isOver: state === 'not-sent' || (state === 'failed' && !isToolsWord) } };
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
