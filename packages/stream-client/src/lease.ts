import { GROUP } from './keys.js';
import { runScript, type ScriptArgument } from './scripts.js';
import type { Stream } from './stream.js';

/** An entry that a consumer holds: while it is renewed, nobody else claims it. */
export interface Lease {
  readonly entryId: string;
  readonly deliveryCount: number;
  readonly ref: string;
  /** The deliveries being worked on, and which attempt each is at. */
  readonly running: readonly { readonly route: string; readonly attempt: number }[];
}

/**
 * Shows the group that the consumer is alive, renews its leases and notes in the records what is running. Resolves with the ids of entries that the consumer no longer
 * holds: their handlers must stop, and whatever they settle will be refused.
 */
export async function renewLeases(stream: Stream, consumer: string, leases: readonly Lease[]): Promise<string[]> {
  const keys = [stream.keys.events, ...leases.map(({ ref }) => stream.keys.record(ref))];
  const args = leases.flatMap((lease): ScriptArgument[] => [
    lease.entryId,
    lease.deliveryCount,
    lease.running.length,
    ...lease.running.flatMap(({ route, attempt }) => [route, attempt]),
  ]);
  return (await runScript(stream.redis, 'heartbeat', keys, [GROUP, consumer, ...args])) as string[];
}

/**
 * Gives entries back unfinished, so that others may claim them at once. `idleMs` is at least the idle time after which
 * consumers claim. The start is not counted. Resolves with how many were still held.
 */
export async function releaseLeases(
  stream: Stream,
  consumer: string,
  leases: readonly Pick<Lease, 'entryId' | 'deliveryCount'>[],
  idleMs: number,
): Promise<number> {
  if (leases.length === 0) return 0;
  const args = leases.flatMap(({ entryId, deliveryCount }) => [entryId, deliveryCount]);
  return (await runScript(stream.redis, 'release', [stream.keys.events], [GROUP, consumer, idleMs, ...args])) as number;
}
