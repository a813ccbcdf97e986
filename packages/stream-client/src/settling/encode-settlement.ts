import { contentHashOf, departingDelivery, departingFollowUp, type Event, identityOf } from '@millrace/events';
import { type Entry, encodeEvent, type MalformedEntry } from '../codec.js';
import { refOf } from '../keys.js';
import type { Departing } from '../outbox/departing.js';
import type { ScriptArgument } from '../scripts.js';
import type { Stream } from '../stream.js';
import type { Outcome, Settlement } from './outcome.js';

/** A settlement as the script takes it: in short, as nearly all can be said, or in full. */
export type Encoded = InShort | InFull;

export interface InShort {
  readonly kind: 'short';
  readonly entry: Entry;
  readonly route: string;
  /** The outcome's detail as JSON. */
  readonly detail: string;
  readonly effect: RecordedEffect | undefined;
  readonly bytes: number;
}

type RecordedEffect = NonNullable<Outcome['effects']>[number];

export interface InFull {
  readonly kind: 'full';
  readonly entry: Entry | MalformedEntry;
  readonly keys: readonly string[];
  readonly args: readonly ScriptArgument[];
  readonly bytes: number;
  /** Whether something of it goes on in another partition. */
  readonly departs: boolean;
}

/** Says a settlement as shortly as it can be said. */
export function encodeSettlement(stream: Stream, settlement: Settlement, departing?: Departing): Encoded {
  return encodeInShort(stream, settlement) ?? encodeInFull(stream, settlement, departing);
}

/** Bytes of one in short, beside its detail and its effect. */
const SHORT_BYTES = 64;

/**
 * What nearly every settlement is: the one delivery of an event, done with its first attempt and one effect at the most.
 * Undefined for one that is more.
 */
function encodeInShort({ keys }: Stream, { entry, routes, outcomes }: Settlement): InShort | undefined {
  const [outcome] = outcomes;
  if (outcome === undefined || outcomes.length > 1 || routes.length !== 1 || routes[0] !== outcome.route)
    return undefined;
  const { state, lane, attempt, effects = [], followUps = [], leaves, route } = outcome;
  if (entry.kind !== 'entry' || state !== 'done' || attempt !== 1) return undefined;
  if (lane !== undefined || leaves !== undefined) return undefined;
  if (effects.length > 1 || followUps.length > 0) return undefined;
  if (entry.ref !== refOf(keys, entry.id)) return undefined;
  const detail = JSON.stringify(outcome.detail);
  const [effect] = effects;
  const bytes = SHORT_BYTES + detail.length + (effect?.value.length ?? 0);
  return { kind: 'short', entry, route, detail, effect, bytes };
}

/** What any settlement can be said with. */
function encodeInFull(stream: Stream, { entry, routes, outcomes }: Settlement, departing?: Departing): InFull {
  const identity = entry.kind === 'entry' ? identityOf(entry.event) : entry.ref;
  const keys = [stream.keys.record(entry.ref), stream.keys.identity(identity)];
  const args: ScriptArgument[] = [entry.id, entry.deliveryCount, entry.ref, JSON.stringify(routes)];
  args.push(routes.length, outcomes.length);
  let departs = false;
  for (const outcome of outcomes) {
    const { effects = [] } = outcome;
    const { followUps, departures } = partFollowUps(entry, outcome, departing);
    args.push(outcome.route, outcome.state, outcome.lane ?? 'none', outcome.attempt, JSON.stringify(outcome.detail));
    args.push(outcome.delayMs ?? 0, outcome.unsent ?? 0, effects.length);
    for (const { step, value } of effects) args.push(step, value);
    args.push(followUps.length);
    for (const event of followUps) {
      keys.push(stream.keys.identity(identityOf(event)));
      args.push(contentHashOf(event), encodeEvent(event));
    }
    const { leaves } = outcome;
    args.push(leaves === undefined ? 0 : 1);
    if (leaves !== undefined) {
      keys.push(stream.keys.context(leaves.id), stream.keys.contextQueue(leaves.id), stream.keys.contexts);
      args.push(leaves.id, leaves.memory ?? '', leaves.keepMs);
    }
    args.push(departures.length);
    if (departures.length > 0) keys.push(stream.keys.outbox);
    for (const { event, place } of departures)
      args.push(identityOf(event), place, contentHashOf(event), encodeEvent(event));
    departs ||= departures.length > 0;
  }
  return { kind: 'full', entry, keys, args, departs, bytes: args.reduce<number>((sum, arg) => sum + lengthOf(arg), 0) };
}

/** An event that goes on in another partition. */
interface Leaving {
  readonly event: Event;
  readonly place: number;
}

/** What an outcome emits here, and what goes on elsewhere: follow-ups whose key is there, or the delivery itself. */
function partFollowUps(
  entry: Entry | MalformedEntry,
  { state, place, route, followUps = [] }: Outcome,
  departing: Departing | undefined,
): { readonly followUps: readonly Event[]; readonly departures: readonly Leaving[] } {
  if (state === 'moved') {
    if (entry.kind !== 'entry' || place === undefined) throw new Error(`${route} has moved, and it is not said where`);
    return { followUps: [], departures: [{ event: departingDelivery(entry.event, entry.ref, route), place }] };
  }
  if (followUps.length === 0 || departing === undefined) return { followUps, departures: [] };
  const staying: Event[] = [];
  const departures: Leaving[] = [];
  for (const event of followUps) {
    const to = departing.placeOf(event);
    if (to === undefined) staying.push(event);
    else departures.push({ event: departingFollowUp(event, entry.ref), place: to });
  }
  return { followUps: staying, departures };
}

function lengthOf(arg: ScriptArgument): number {
  return typeof arg === 'number' ? 8 : arg.length;
}

/** Settlements in short as arguments of the script: one text for all of them, and once whatever several have in common. */
export function argumentsOf(settlements: readonly InShort[]): ScriptArgument[] {
  const places = new Map<string, number>();
  const outcomes: ScriptArgument[] = [];
  let count = 0;
  let text = '';
  for (const { entry, route, detail, effect } of settlements) {
    // Effects have keys of their own: no two are alike.
    const outcome = effect === undefined ? `${route}\n${detail}` : undefined;
    let place = outcome === undefined ? undefined : places.get(outcome);
    if (place === undefined) {
      outcomes.push(route, detail);
      if (effect === undefined) outcomes.push(0);
      else outcomes.push(1, effect.step, effect.value);
      place = ++count;
      if (outcome !== undefined) places.set(outcome, place);
    }
    text += `${entry.id} ${entry.deliveryCount} ${identityOf(entry.event)} ${place} `;
  }
  return [text, count, ...outcomes];
}
