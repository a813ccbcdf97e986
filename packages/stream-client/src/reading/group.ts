import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { send } from '../connection/connection.js';
import { toObject } from '../flat-reply.js';
import { GROUP } from '../keys.js';
import { runScript } from '../scripts.js';
import type { Stream } from '../stream.js';

/** Whether the group was there, or had to be made. */
export type GroupState =
  | { readonly kind: 'there' }
  /** After the first start of a deployment this means data loss; `lost` entries and waiting deliveries are known of. */
  | { readonly kind: 'made'; readonly lost: number };

/**
 * Makes sure that the stream and its group exist. The group starts at the very first entry, so events that came before
 * it are read too; where it had to be made, the backlog is counted anew.
 */
export async function createGroup({ redis, keys }: Pick<Stream, 'redis' | 'keys'>): Promise<GroupState> {
  const names = [keys.events, keys.counters, keys.due, keys.parked, keys.queued, keys.outbox];
  const [word, lost] = (await runScript(redis, 'create-group', names, [GROUP])) as [GroupState['kind'], number];
  return word === 'there' ? { kind: 'there' } : { kind: 'made', lost };
}

/** A consumer name that no other process start has had or will have: host, process id and 48 random bits. */
export function createConsumerName(): string {
  return `${hostname()}-${process.pid}-${randomBytes(6).toString('hex')}`;
}

/** A consumer as the group knows it. */
export interface ConsumerInfo {
  readonly name: string;
  readonly pending: number;
  /** Since it last read, claimed or renewed anything, in ms. */
  readonly idleMs: number;
}

export async function listConsumers(stream: Stream): Promise<ConsumerInfo[]> {
  const reply = await send('XINFO CONSUMERS', stream.redis.xinfo('CONSUMERS', stream.keys.events, GROUP));
  return (reply as unknown[][]).map((flat) => {
    const info = toObject(flat);
    return { name: String(info.name), pending: Number(info.pending), idleMs: Number(info.idle) };
  });
}

/**
 * Removes consumers that have not been heard of for `idleMs` and hold nothing. One that holds entries stays until they
 * are claimed: removing it would drop them. Resolves with the names removed.
 */
export async function forgetIdleConsumers(stream: Stream, idleMs: number): Promise<string[]> {
  const forgotten: string[] = [];
  for (const consumer of await listConsumers(stream)) {
    if (consumer.pending === 0 && consumer.idleMs >= idleMs && (await forgetConsumer(stream, consumer.name, idleMs))) {
      forgotten.push(consumer.name);
    }
  }
  return forgotten;
}

/** Removes one consumer if it holds nothing and has been idle for `idleMs`. Resolves with whether it did. */
export async function forgetConsumer(stream: Stream, name: string, idleMs: number): Promise<boolean> {
  return (
    (await runScript(stream.redis, 'forget-consumer', [stream.keys.events], [GROUP, name, idleMs])) === 'forgotten'
  );
}
