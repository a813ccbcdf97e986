import { identityOf } from '@millrace/events';
import { send } from '../connection/connection.js';
import { memberOf, parseCursor, splitMember, toCursor } from '../dead-letters/dead-letter-index.js';
import { placesAfter } from '../dead-letters/places-after.js';
import { readDelivery } from '../records/read-fields.js';
import { readRecord } from '../records/read-record.js';
import type { Asked, DeliveryRecord, EventRecord, KeptAnswer } from '../records/record.js';
import { askTime } from '../redis-server/partition-node.js';
import type { DeliveryDetail } from '../settling/outcome.js';
import type { Stream } from '../stream.js';

/** A parked delivery: a tool wants to know something before it goes on. */
export interface Approval {
  /** `<ref>.<route>` */
  readonly id: string;
  readonly ref: string;
  readonly expiresAt: Date;
  readonly asks: Asked;
  readonly delivery: DeliveryRecord;
  readonly event: EventRecord['event'];
}

export interface ApprovalPage {
  readonly items: readonly Approval[];
  /** Where the next page begins; absent on the last one. */
  readonly next?: string;
}

/** What answering came to. `not-found`: it is not parked any more, because somebody answered it, cancelled it, or it expired. */
export type Answering = 'answered' | 'not-found';

/** The reason of a delivery that nobody has answered in time. */
const EXPIRED_REASON = 'approval-expired';

/**
 * Parked deliveries, at most `limit` of them (1 to 200), those that expire soonest first. `cursor` is `next` of the page
 * before. Resolves with undefined for a cursor that is none.
 */
export async function listApprovals(
  stream: Stream,
  { limit, cursor }: { readonly limit: number; readonly cursor?: string },
): Promise<ApprovalPage | undefined> {
  const after = cursor === undefined ? undefined : parseCursor(cursor);
  if (cursor !== undefined && after === undefined) return undefined;
  const walk = { redis: stream.redis, key: stream.keys.parked, isReversed: false };
  const found = await placesAfter(walk, after, limit + 1);
  const page = found.slice(0, limit);
  const items = await Promise.all(page.map(({ member, deadAt }) => readApproval(stream, member, deadAt)));
  const last = found.length > limit ? page.at(-1) : undefined;
  return {
    items: items.filter((item) => item !== undefined),
    ...(last === undefined ? {} : { next: toCursor(last) }),
  };
}

/** Resolves with undefined when nothing of that id is parked. */
export async function getApproval(stream: Stream, id: string): Promise<Approval | undefined> {
  const member = memberOf(stream, id);
  if (member === undefined) return undefined;
  const expires = await send('ZSCORE', stream.redis.zscore(stream.keys.parked, member));
  return expires === null ? undefined : readApproval(stream, member, Number(expires));
}

/**
 * Hands an answer to a parked delivery, which then waits for whichever consumer reads it. Of two who answer at once, one is
 * told `not-found`. `responses` are by the names of the approval's requests.
 */
export async function answerApproval(
  stream: Stream,
  { ref, asks, delivery }: Approval,
  responses: KeptAnswer['responses'],
): Promise<Answering> {
  const { keys, writes } = stream;
  const answer: KeptAnswer = { attempt: asks.attempt, responses };
  const args = [ref, delivery.route, asks.attempt, JSON.stringify(answer), keys.changes];
  return (await writes.run(
    'answer-parked',
    [keys.events, keys.parked, keys.record(ref), keys.counters],
    args,
  )) as Answering;
}

/**
 * Ends at most `maxCount` parked deliveries whose time for an answer is over, by Redis' clock. Any number of consumers may
 * run it at once; each ends once. Resolves with how many were due when it looked.
 */
export async function expireParked(stream: Stream, maxCount: number): Promise<number> {
  const { keys, redis } = stream;
  const now = await askTime(stream);
  const members = await send('ZRANGE', redis.zrange(keys.parked, '-inf', String(now), 'BYSCORE', 'LIMIT', 0, maxCount));
  for (const member of members) await expireOne(stream, member);
  return members.length;
}

async function expireOne(stream: Stream, member: string): Promise<void> {
  const { keys, settings, writes } = stream;
  const [ref, route] = splitMember(member);
  const [state, detailText] = await readDelivery(stream, ref, route);
  const event = (await readRecord(stream, ref))?.event;
  const { asks: _asks, ...detail }: Partial<DeliveryDetail> = JSON.parse(detailText ?? '{}');
  const names = [keys.counters, keys.parked, keys.record(ref)];
  names.push(keys.identity(event === undefined ? ref : identityOf(event)), keys.events, keys.lanes, keys.queued);
  const args = [ref, route, state ?? '', JSON.stringify({ ...detail, reason: EXPIRED_REASON })];
  args.push(String(settings.identityTtlMs), String(settings.recordTtlMs), keys.changes, keys.record(''));
  await writes.run('expire-parked', names, args);
}

async function readApproval(stream: Stream, member: string, expiresMs: number): Promise<Approval | undefined> {
  const [ref, route] = splitMember(member);
  const record = await readRecord(stream, ref);
  const delivery = record?.deliveries.find((one) => one.route === route);
  const asks = delivery?.input?.asks;
  if (delivery === undefined || asks === undefined || delivery.state !== 'parked') return undefined;
  return { id: `${ref}.${route}`, ref, expiresAt: new Date(expiresMs), asks, delivery, event: record?.event };
}
