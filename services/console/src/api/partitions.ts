import { request } from './request';

/** What is left in old partitions from before their number was changed. */
export interface Left {
  readonly unread: number;
  readonly held: number;
  readonly waiting: number;
  readonly deadLetters: number;
  /** Otherwise there is more than was looked at. */
  readonly isExact: boolean;
}

/** How many streams the events are spread over, and how far a change of that number has come. */
export interface PartitionsNow {
  readonly partitions: number;
  readonly state: 'settled' | 'preparing' | 'draining';
  readonly left: Left;
}

export function readPartitions(signal: AbortSignal): Promise<PartitionsNow> {
  return request('GET', 'v1/partitions', { signal });
}

/** From when it resolves, new events find their partition by the new number. It cannot be taken back. */
export function changePartitions(partitions: number): Promise<PartitionsNow> {
  return request('POST', 'v1/partitions', { body: { partitions } });
}
