import { send } from '../connection/connection.js';
import type { Stream } from '../stream.js';

/** What can become of an attempt at a delivery, as it is counted for people. */
export interface RouteCounts {
  readonly done: number;
  /** Attempts that another one follows. */
  readonly retried: number;
  /** Not attempted, and put off: for its turn in an order, a context, or since something is paused. */
  readonly waiting: number;
  /** Somebody has to answer first. */
  readonly parked: number;
  readonly dead: number;
  readonly expired: number;
}

/** What became of the deliveries of one route within the last minute, as one consumer has settled them. */
export interface RouteReport extends RouteCounts {
  readonly route: string;
}

/** What one consumer reports. */
export interface RoutesSeen {
  /** How much of the last minute it tells of, in ms: less of it from a consumer that was just started. */
  readonly coveredMs: number;
  /** Only those along which something was settled. */
  readonly routes: readonly RouteReport[];
}

/** A report that is older than this, in ms, is gone: a consumer that died says nothing any more. */
const REPORT_TTL_MS = 15_000;

/** Makes known what became of a consumer's deliveries. Throws STREAM_UNAVAILABLE. */
export async function publishRoutes({ keys, redis }: Stream, consumer: string, seen: RoutesSeen): Promise<void> {
  await send('SET', redis.set(keys.routes(consumer), JSON.stringify(seen), 'PX', REPORT_TTL_MS));
}

/** What those of these consumers report that are alive. Throws STREAM_UNAVAILABLE. */
export async function readRoutes(
  { keys, redis }: Stream,
  consumers: readonly string[],
): Promise<readonly RoutesSeen[]> {
  const reports = await Promise.all(consumers.map((name) => send('GET', redis.get(keys.routes(name)))));
  return reports.flatMap((report) => (report == null ? [] : [JSON.parse(report) as RoutesSeen]));
}
