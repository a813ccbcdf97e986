import type { Partitions } from '../partitions/partitions.js';
import { readRecord } from './read-record.js';
import type { DeliveryRecord, EventRecord, EventState } from './record.js';

/**
 * As `readRecord`, with what has become of deliveries in the partitions in which they went on: each as its record there has
 * it, with the ref that it has there, and the event is finished once they are. Of one whose record there has expired it is only
 * known that it has `moved`. One round trip more, where there are such deliveries. Throws STREAM_UNAVAILABLE.
 */
export async function readWholeRecord(
  partitions: Pick<Partitions, 'findOfRef'>,
  ref: string,
): Promise<EventRecord | undefined> {
  const record = await readAnywhere(partitions, ref);
  if (!record?.deliveries.some(isMoved)) return record;
  const parts = await Promise.all(record.deliveries.map((delivery) => follow(partitions, delivery)));
  const { finishedAt, state, ...rest } = record;
  const whole = worstOf([state, ...parts.map((part) => part.state)]);
  const ends = [finishedAt, ...parts.map((part) => part.finishedAt)].flatMap((end) => end?.getTime() ?? []);
  const isFinished = whole !== 'open' && whole !== 'scheduled' && ends.length > 0;
  return {
    ...rest,
    state: whole,
    ...(isFinished ? { finishedAt: new Date(Math.max(...ends)) } : {}),
    deliveries: parts.map(({ delivery }) => delivery),
  };
}

/** A delivery, and where it went on elsewhere, what that says of the event. */
interface Part {
  readonly delivery: DeliveryRecord;
  readonly state?: EventState;
  readonly finishedAt?: Date | undefined;
}

async function follow(partitions: Pick<Partitions, 'findOfRef'>, delivery: DeliveryRecord): Promise<Part> {
  if (!isMoved(delivery)) return { delivery };
  const [movedTo] = delivery.followUps;
  const own: DeliveryRecord = { ...delivery, state: 'waiting', attempts: 0, starts: 0, followUps: [] };
  // It is on its way.
  if (movedTo === undefined) return { delivery: own, state: 'open' };
  const there = await readAnywhere(partitions, movedTo);
  if (there === undefined) return { delivery: { ...delivery, followUps: [], movedTo } };
  const { state, finishedAt } = there;
  const found = there.deliveries.find(({ route }) => route === delivery.route) ?? own;
  return { delivery: { ...found, movedTo }, state, finishedAt };
}

async function readAnywhere(partitions: Pick<Partitions, 'findOfRef'>, ref: string): Promise<EventRecord | undefined> {
  const stream = await partitions.findOfRef(ref);
  return stream && readRecord(stream, ref);
}

function isMoved({ state }: DeliveryRecord): boolean {
  return state === 'moved';
}

/** What the event as a whole is: open while anything is, then dead if anything is. */
const RANKS: readonly EventState[] = ['scheduled', 'open', 'dead', 'expired', 'done'];

function worstOf(states: readonly (EventState | undefined)[]): EventState {
  return RANKS.find((state) => states.includes(state)) ?? 'done';
}
