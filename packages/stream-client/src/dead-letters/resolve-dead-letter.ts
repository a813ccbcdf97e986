import { identityOf } from '@millrace/events';
import { readDelivery } from '../records/read-fields.js';
import type { DeliveryDetail } from '../settling/outcome.js';
import type { Stream } from '../stream.js';
import { type DeadLetter, getDeadLetter } from './dead-letters.js';

/**
 * Declares a dead delivery done, by the word of a person who knows: that the effect happened after all, or was brought
 * about by other means. The dead letter goes in the same step; the record keeps the last error, and why the delivery was
 * dead as `resolvedFrom`. `result` is kept as its result, any JSON, and `note` as what that person said about it. Nothing
 * is called and no follow-up is emitted. Resolves with the letter as it was, or with undefined when there is none, or it was redriven and died again meanwhile.
 */
export async function resolveDeadLetter(
  stream: Stream,
  id: string,
  { result, note }: { readonly result?: unknown; readonly note?: string } = {},
): Promise<DeadLetter | undefined> {
  const letter = await getDeadLetter(stream, id);
  if (letter === undefined) return undefined;
  const { keys, settings, writes } = stream;
  const { ref, delivery, event, deadAt } = letter;
  const [, stored] = await readDelivery(stream, ref, delivery.route);
  const { reason, ...rest }: Partial<DeliveryDetail> = JSON.parse(stored ?? '{}');
  const said = { ...(result === undefined ? {} : { result }), ...(note === undefined ? {} : { note }) };
  const detail = JSON.stringify({ ...rest, resolvedFrom: reason, ...said });
  const names = [keys.dead, keys.record(ref), keys.identity(event === undefined ? ref : identityOf(event))];
  names.push(keys.events, keys.counters, keys.lanes, keys.queued);
  const lifetimes = [settings.identityTtlMs, settings.recordTtlMs];
  const args = [ref, delivery.route, deadAt.getTime(), detail, ...lifetimes, keys.changes, keys.record('')];
  return (await writes.run('resolve', names, args)) === 'resolved' ? letter : undefined;
}
