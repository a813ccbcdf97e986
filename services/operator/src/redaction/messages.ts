import type { Event } from '@millrace/events';
import type { Redactor } from './redactor.js';

/** How a filter over dead letters sees the messages of errors: as whoever asks would see them, not as they are. */
export function messagesFor(redactor: Redactor) {
  if (!redactor.hidesAnything) return {};
  return { messageOf: (event: Event | undefined, message: string) => redactor.message(event, message) };
}
