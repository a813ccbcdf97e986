import { contentHashOf, identityOf } from '@millrace/events';
import { type Entry, encodeEvent, type MalformedEntry } from './codec.js';
import { refOf } from './keys.js';
import type { ScriptArgument } from './scripts.js';
import type { Settlement } from './settle.js';
import type { Stream } from './stream.js';

/** A settlement as the script takes it: in short, as nearly all can be said, or in full. */
export type Encoded = InShort | InFull;

export interface InShort {
  readonly kind: 'short';
  readonly entry: Entry;
  readonly route: string;
  /** The outcome's detail as JSON. */
  readonly detail: string;
  readonly bytes: number;
}

export interface InFull {
  readonly kind: 'full';
  readonly entry: Entry | MalformedEntry;
  readonly keys: readonly string[];
  readonly args: readonly ScriptArgument[];
  readonly bytes: number;
}

/** Says a settlement as shortly as it can be said. */
export function encodeSettlement(stream: Stream, settlement: Settlement): Encoded {
  return encodeInShort(stream, settlement) ?? encodeInFull(stream, settlement);
}

/** Bytes of one in short, beside its detail. */
const SHORT_BYTES = 64;

/** What nearly every settlement is: the one delivery of an event, done with its first attempt. Undefined for one that is more. */
function encodeInShort({ keys }: Stream, { entry, routes, outcomes }: Settlement): InShort | undefined {
  const [outcome] = outcomes;
  if (outcome === undefined || outcomes.length > 1 || routes.length !== 1 || routes[0] !== outcome.route)
    return undefined;
  const { state, lane, attempt, effects, followUps, leaves, route } = outcome;
  if (entry.kind !== 'entry' || state !== 'done' || attempt !== 1) return undefined;
  if (lane !== undefined || leaves !== undefined) return undefined;
  if ((effects !== undefined && effects.length > 0) || (followUps !== undefined && followUps.length > 0))
    return undefined;
  if (entry.ref !== refOf(keys, entry.id)) return undefined;
  const detail = JSON.stringify(outcome.detail);
  return { kind: 'short', entry, route, detail, bytes: SHORT_BYTES + detail.length };
}

/** What any settlement can be said with. */
function encodeInFull(stream: Stream, { entry, routes, outcomes }: Settlement): InFull {
  const identity = entry.kind === 'entry' ? identityOf(entry.event) : entry.ref;
  const keys = [stream.keys.record(entry.ref), stream.keys.identity(identity)];
  const args: ScriptArgument[] = [entry.id, entry.deliveryCount, entry.ref, JSON.stringify(routes)];
  args.push(routes.length, outcomes.length);
  for (const outcome of outcomes) {
    const { effects = [], followUps = [] } = outcome;
    args.push(outcome.route, outcome.state, outcome.lane ?? 'none', outcome.attempt, JSON.stringify(outcome.detail));
    args.push(outcome.delayMs ?? 0, outcome.unsent ?? 0, effects.length);
    for (const { step, value } of effects) args.push(step, value);
    args.push(followUps.length);
    for (const event of followUps) {
      keys.push(stream.keys.identity(identityOf(event)));
      args.push(contentHashOf(event), ...encodeEvent(event));
    }
    const { leaves } = outcome;
    args.push(leaves === undefined ? 0 : 1);
    if (leaves === undefined) continue;
    keys.push(stream.keys.context(leaves.id), stream.keys.contextQueue(leaves.id), stream.keys.contexts);
    args.push(leaves.id, leaves.memory ?? '', leaves.keepMs);
  }
  return { kind: 'full', entry, keys, args, bytes: args.reduce<number>((sum, arg) => sum + lengthOf(arg), 0) };
}

function lengthOf(arg: ScriptArgument): number {
  return typeof arg === 'number' ? 8 : arg.length;
}

/** Settlements in short as arguments of the script: one text for all of them, and once whatever several have in common. */
export function argumentsOf(settlements: readonly InShort[]): ScriptArgument[] {
  const places = new Map<string, number>();
  const outcomes: string[] = [];
  let text = '';
  for (const { entry, route, detail } of settlements) {
    const outcome = `${route}\n${detail}`;
    let place = places.get(outcome);
    if (place === undefined) {
      outcomes.push(route, detail);
      place = outcomes.length / 2;
      places.set(outcome, place);
    }
    text += `${entry.id} ${entry.deliveryCount} ${identityOf(entry.event)} ${place} `;
  }
  return [text, outcomes.length / 2, ...outcomes];
}
