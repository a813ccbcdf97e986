import { send } from '../connection/connection.js';
import { listConsumers } from '../reading/group.js';
import type { Stream } from '../stream.js';
import type { TimeCounts } from './time-counts.js';

/** How one server is doing, as one consumer sees it. */
export interface ServerReport {
  readonly name: string;
  readonly breaker: 'closed' | 'open' | 'half-open';
  /** Calls under way or waiting for their turn. */
  readonly calls: number;
  /** What its tools did within the last minute. */
  readonly tools?: readonly ToolReport[];
}

/** The calls of one tool that ended within the last minute, as one consumer sees them. */
export interface ToolReport {
  readonly tool: string;
  readonly ended: number;
  readonly failed: number;
  /** How long they took. */
  readonly times: TimeCounts;
}

/** What one consumer reports. */
export interface ServersSeen {
  readonly consumer: string;
  readonly servers: readonly ServerReport[];
}

/** A report that is older than this, in ms, is gone: a consumer that died says nothing any more. */
const REPORT_TTL_MS = 15_000;

/** Makes known how a consumer's servers are doing. Throws STREAM_UNAVAILABLE. */
export async function publishServers(
  stream: Stream,
  consumer: string,
  servers: readonly ServerReport[],
): Promise<void> {
  const { keys, redis } = stream;
  await send('SET', redis.set(keys.servers(consumer), JSON.stringify(servers), 'PX', REPORT_TTL_MS));
}

/**
 * What the consumers that are alive report. `names`: those whom any partition knows; left out, those whom this one does.
 * Throws STREAM_UNAVAILABLE.
 */
export async function readServers(stream: Stream, names?: readonly string[]): Promise<readonly ServersSeen[]> {
  const { keys, redis } = stream;
  const consumers = names ?? (await listConsumers(stream)).map(({ name }) => name);
  const reports = await Promise.all(consumers.map((name) => send('GET', redis.get(keys.servers(name)))));
  return consumers.flatMap((name, at) => {
    const report = reports[at];
    return report == null ? [] : [{ consumer: name, servers: JSON.parse(report) as ServerReport[] }];
  });
}
