import { renderEvent } from '@millrace/events';
import { type DeadLetter, deliveryToJson } from '@millrace/stream-client';

/** A dead letter with its original event as JSON text: the event's data stand in it byte for byte as they were sent. */
export function deadLetterToJson(letter: DeadLetter): string {
  const event = letter.event === undefined ? 'null' : renderEvent(letter.event);
  return `${JSON.stringify(factsOf(letter)).slice(0, -1)},"event":${event}}`;
}

/**
 * A dead letter as a list shows it: of the event its attributes, and instead of the data their size, so that a page of
 * large events stays small. `event` is null and `dataBytes` 0 when the entry could not be decoded.
 */
export function summarizeDeadLetter(letter: DeadLetter): Record<string, unknown> {
  const { event } = letter;
  return { ...factsOf(letter), event: event?.attributes ?? null, dataBytes: event?.data?.bytes.length ?? 0 };
}

function factsOf({ id, ref, deadAt, delivery }: DeadLetter): Record<string, unknown> {
  const { id: route, ...facts } = deliveryToJson(delivery);
  return { id, ref, route, deadAt, ...facts };
}
