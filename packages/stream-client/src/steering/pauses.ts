import { send } from '../connection/connection.js';
import type { Stream } from '../stream.js';

/** What can be paused. */
export type PausedKind = 'route' | 'server';

/** One thing that can be paused, by its name in the configuration. */
export interface Pausable {
  readonly kind: PausedKind;
  readonly name: string;
}

/** A route that begins no delivery, or a server that gets no call, until somebody resumes it. */
export interface Pause extends Pausable, Said {
  /** By Redis' clock. */
  readonly at: Date;
}

/** What is known of whoever paused it. */
interface Said {
  /** The address of whoever asked for it. */
  readonly from?: string;
  /** Their name, as the operator knows it by their key. */
  readonly by?: string;
  /** Why. */
  readonly note?: string;
}

/** Pauses that there may be at once: more is no steering any more, and every consumer reads them all. */
const MAX_PAUSES = 1_000;

/**
 * Pauses a route or a server, or says something else about one that is paused. Resolves once that is as durable as the
 * deployment asked, with undefined when there are 1,000 pauses already. Whether there is such a route is not asked.
 */
export async function pause({ keys, writes }: Stream, what: Pausable, said: Said): Promise<Pause | undefined> {
  const args = [fieldOf(what), JSON.stringify(said), MAX_PAUSES];
  const reply = (await writes.run('pause', [keys.paused], args)) as string;
  return reply === 'full' ? undefined : { ...what, at: new Date(Number(reply)), ...said };
}

/** Ends a pause. Resolves with whether there was one; doing it again is harmless. */
export async function resume({ keys, writes }: Stream, what: Pausable): Promise<boolean> {
  return (await writes.run('resume', [keys.paused], [fieldOf(what)])) === 'resumed';
}

/** Everything that is paused, by kind and name. Throws STREAM_UNAVAILABLE. */
export async function listPauses({ keys, redis }: Stream): Promise<readonly Pause[]> {
  const stored = await send('HGETALL', redis.hgetall(keys.paused));
  return Object.entries(stored)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([field, value]) => toPause(field, value));
}

function toPause(field: string, value: string): Pause {
  const end = value.indexOf(' ');
  const said = JSON.parse(value.slice(end + 1)) as Said;
  return { ...toPausable(field), at: new Date(Number(value.slice(0, end))), ...said };
}

/** As keys and scripts word it: `route score-order`. */
export function fieldOf({ kind, name }: Pausable): string {
  return `${kind} ${name}`;
}

/** What `fieldOf` made a text of. */
export function toPausable(field: string): Pausable {
  const end = field.indexOf(' ');
  return { kind: field.slice(0, end) as PausedKind, name: field.slice(end + 1) };
}
