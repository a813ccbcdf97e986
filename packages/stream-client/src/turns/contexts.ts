import { hash } from 'node:crypto';
import { send } from '../connection/connection.js';
import type { Stream } from '../stream.js';

/** A context: the deliveries of a route that belong together, and what is remembered of them. */
export interface ContextName {
  readonly route: string;
  /** What the route's `context` gave. */
  readonly name: string;
}

/** What a delivery does to its context when it leaves it. */
export interface LeftContext {
  readonly id: string;
  /** What is remembered from now on, as JSON; what was before, where it is left out. */
  readonly memory?: string;
  /** For how long, if nobody comes back. */
  readonly keepMs: number;
}

/** A delivery that wants to work in a context. */
export interface Entering extends ContextName {
  readonly ref: string;
  /** Of its event's acceptance. */
  readonly seq: number;
  readonly keepMs: number;
}

/** `waiting`: somebody else is at work in it, and at most `ahead` others come first; 0 for the one that is next. */
export type Entrance =
  | { readonly kind: 'entered'; readonly memory: string | undefined }
  | { readonly kind: 'waiting'; readonly ahead: number };

/**
 * A context that somebody is in is kept for longer than a delivery can wait for a person: who was let in is not to be
 * forgotten while it is open, however short the memory.
 */
const OCCUPIED_MS = 60 * 86_400_000;

/** What is remembered of a context, as an operator sees it. */
export interface StoredContext extends ContextName {
  readonly id: string;
  readonly updatedAt: Date;
  /** JSON, as the consumer wrote it. */
  readonly memory: unknown;
}

export interface ContextPage {
  readonly items: readonly StoredContext[];
  readonly next?: string;
}

/** The id of a context: its route, and a digest of what it is called. No two routes share one. */
export function contextIdOf({ route, name }: ContextName): string {
  return `${route}.${hash('sha256', name, 'base64url').slice(0, 22)}`;
}

/**
 * Lets a delivery into its context, with what is remembered of it, or tells it to come back later. It stays in until an
 * outcome that is final and names the context is settled; entering again meanwhile, as after a crash, is answered the same.
 */
export async function enterContext(stream: Stream, entering: Entering): Promise<Entrance> {
  const { keys, writes } = stream;
  const { ref, route, seq, keepMs, name } = entering;
  const id = contextIdOf(entering);
  const names = [keys.context(id), keys.contextQueue(id), keys.record(ref), keys.due];
  const reply = (await writes.run('enter-context', names, [
    ref,
    route,
    seq,
    keys.record(''),
    Math.max(keepMs, OCCUPIED_MS),
    name,
  ])) as string[];
  if (reply[0] !== 'entered') return { kind: 'waiting', ahead: Number(reply[1]) };
  return { kind: 'entered', memory: reply[1] || undefined };
}

/**
 * Contexts that have a memory, at most `limit` (1 to 200), the last to be forgotten first. `cursor` is `next` of the page
 * before; what changes meanwhile may be missed or come twice. Resolves with undefined for a cursor that is none.
 */
export async function listContexts(
  stream: Stream,
  { limit, cursor = '0' }: { readonly limit: number; readonly cursor?: string },
): Promise<ContextPage | undefined> {
  if (!/^\d{1,9}$/.test(cursor)) return undefined;
  const { redis, keys } = stream;
  const from = Number(cursor);
  const ids = await send('ZRANGE', redis.zrange(keys.contexts, String(from), String(from + limit), 'REV'));
  const items = await Promise.all(ids.slice(0, limit).map((id) => getContext(stream, id)));
  const found = items.filter((item) => item !== undefined);
  return ids.length > limit ? { items: found, next: String(from + limit) } : { items: found };
}

/** Resolves with undefined where nothing is remembered. */
export async function getContext({ redis, keys }: Stream, id: string): Promise<StoredContext | undefined> {
  const stored = await send('HMGET', redis.hmget(keys.context(id), 'route', 'name', 'memory', 'updated'));
  const [route, name, memory, updated] = stored;
  if (!route || !memory) return undefined;
  return { id, route, name: name ?? '', updatedAt: new Date(Number(updated)), memory: JSON.parse(memory) };
}

/** Forgets what is remembered of a context, as durably as the deployment asks. Resolves with whether there was anything. */
export async function clearContext({ keys, writes }: Stream, id: string): Promise<boolean> {
  return (await writes.run('clear-context', [keys.context(id), keys.contexts], [id])) === 'cleared';
}
