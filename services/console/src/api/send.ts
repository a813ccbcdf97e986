import { request } from './request';

/** What an event that was sent is called from now on. */
export interface Sent {
  readonly ref: string;
  readonly duplicate: boolean;
}

/** Sends an event, given as JSON text. With the same `id` and `time` in it, it happens once however often it is asked. */
export function sendEvent(json: string): Promise<Sent> {
  return request('POST', 'v1/events', { json });
}
