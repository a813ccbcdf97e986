import { send } from '../connection/connection.js';
import { runScript } from '../scripts.js';
import type { Stream } from '../stream.js';

/** What a configuration has, as a consumer that works under it says. */
export interface AnnouncedConfiguration {
  readonly version: string;
  /** Ids of routes. */
  readonly routes: readonly string[];
  /** Names of servers. */
  readonly servers: readonly string[];
  /** Routes whose events belong together. A consumer of an older release does not say. */
  readonly keyed?: readonly KeyedRoute[];
  /** Whether the consumer takes turns by the map, where a route is in order by another key. One of an older release does not. */
  readonly asksByMap?: boolean;
}

/** A route whose events belong together: in an order, or in contexts. */
export interface KeyedRoute {
  readonly route: string;
  readonly what: 'ordered' | 'context';
  /** By what, as the file says it. */
  readonly by: string;
}

/**
 * The name under which a configuration is announced. Consumers of two releases that differ in what they do have two, also where they
 * work under the same files: otherwise the one that speaks last would speak for the other.
 */
export function announcedName({ version, asksByMap = false }: AnnouncedConfiguration): string {
  return asksByMap ? `${version} by-map` : version;
}

/** Configurations that are remembered; those that were announced last. */
const MAX_KEPT = 8;

/**
 * Makes known under which configuration a consumer works, or is about to. Resolves with how many partitions there are, or are
 * being prepared: a change to more is not begun from then on without the configuration having been looked at. Throws
 * STREAM_UNAVAILABLE.
 */
export async function announceConfiguration(stream: Stream, configuration: AnnouncedConfiguration): Promise<number> {
  const { keys, redis } = stream;
  const names = [keys.configurations, keys.announced, keys.map];
  const args = [announcedName(configuration), JSON.stringify(configuration), MAX_KEPT];
  return Math.max(1, (await runScript(redis, 'announce', names, args)) as number);
}

/**
 * The configurations that consumers have announced last, also where none is alive now: a deployment that is being rolled
 * out has more than one. None before the first consumer was started. Throws STREAM_UNAVAILABLE.
 */
export async function readAnnounced({ keys, redis }: Stream): Promise<readonly AnnouncedConfiguration[]> {
  const stored = await send('HGETALL', redis.hgetall(keys.configurations));
  return Object.values(stored).map((text) => JSON.parse(text) as AnnouncedConfiguration);
}

/** A consumer that works under a configuration says so at least this often, in ms. */
export const ANNOUNCE_AGAIN_MS = 10_000;
/** Until three announcements are missing, a configuration is taken for one that somebody works under. */
export const IN_USE_MS = 3 * ANNOUNCE_AGAIN_MS;

/**
 * The configurations that somebody works under now; where nobody does, the one that was announced last. Throws
 * STREAM_UNAVAILABLE.
 */
export async function readAnnouncedInUse({ keys, redis }: Stream): Promise<readonly AnnouncedConfiguration[]> {
  const [seconds = 0] = await send('TIME', redis.time());
  const since = String(Number(seconds) * 1_000 - IN_USE_MS);
  const inUse = await send('ZRANGE', redis.zrange(keys.announced, since, '+inf', 'BYSCORE'));
  const names = inUse.length > 0 ? inUse : await send('ZRANGE', redis.zrange(keys.announced, '-1', '-1'));
  if (names.length === 0) return [];
  const texts = await send('HMGET', redis.hmget(keys.configurations, ...names));
  return texts.flatMap((text) => (text === null ? [] : [JSON.parse(text) as AnnouncedConfiguration]));
}

/** Whether a configuration that somebody works under at `now`, by Redis' clock, has this route. Throws STREAM_UNAVAILABLE. */
export async function isRouteAnnounced({ keys, redis }: Stream, route: string, now: number): Promise<boolean> {
  const since = String(Math.floor(now - IN_USE_MS));
  const names = await send('ZRANGE', redis.zrange(keys.announced, since, '+inf', 'BYSCORE'));
  if (names.length === 0) return false;
  const texts = await send('HMGET', redis.hmget(keys.configurations, ...names));
  return texts.some((text) => text !== null && (JSON.parse(text) as AnnouncedConfiguration).routes.includes(route));
}
