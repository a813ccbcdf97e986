import { GROUP } from '../keys.js';
import { runScript, type ScriptArgument } from '../scripts.js';
import type { Stream } from '../stream.js';

/** An entry that a consumer holds: while it is renewed, nobody else claims it. */
export interface Lease {
  readonly entryId: string;
  readonly deliveryCount: number;
  readonly ref: string;
  /** The deliveries being worked on. */
  readonly running: readonly RunningDelivery[];
}

/** A delivery being worked on, and which attempt it is at. */
export interface RunningDelivery {
  readonly route: string;
  readonly attempt: number;
  /** What the tool said last. */
  readonly progress?: ToolProgress;
}

/** How far a tool says that it has come, with the one call of the delivery or at one of its steps. */
export interface ToolProgress {
  readonly step: string;
  readonly progress: number;
  readonly total?: number;
  /** In the tool's words; whoever hears them bounds them. */
  readonly message?: string;
}

/**
 * Shows the group that the consumer is alive, renews its leases and notes in the records what is
 * running and how far it says that it has come. Resolves with the ids of entries that the consumer no longer
 * holds: their handlers must stop, and whatever they settle will be refused.
 */
export async function renewLeases(stream: Stream, consumer: string, leases: readonly Lease[]): Promise<string[]> {
  const keys = [stream.keys.events, ...leases.map(({ ref }) => stream.keys.record(ref))];
  const args = leases.flatMap((lease): ScriptArgument[] => [
    lease.entryId,
    lease.deliveryCount,
    lease.ref,
    lease.running.length,
    ...lease.running.flatMap((one) => [one.route, one.attempt, toText(one)]),
  ]);
  const given = [GROUP, consumer, stream.keys.changes, ...args];
  return (await runScript(stream.redis, 'heartbeat', keys, given)) as string[];
}

function toText({ attempt, progress }: RunningDelivery): string {
  return progress === undefined ? '' : JSON.stringify({ attempt, ...progress });
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
