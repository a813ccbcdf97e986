import type { CloudEvent } from '../../api/events';
import { isJson } from '../../parts/json-text';

/** What of an event can be edited here, as text. */
export interface Draft {
  readonly type: string;
  readonly subject: string;
  readonly data: string;
}

/** The draft that says what the event says. */
export function draftOf(event: CloudEvent): Draft {
  const { type, subject = '', data } = event;
  return { type, subject: String(subject), data: data === undefined ? '' : JSON.stringify(data, undefined, 2) };
}

/**
 * The edit that makes of an event what the draft says, as JSON text: only what is otherwise, so that the data of an event
 * whose type alone is edited stay byte for byte as they were. Undefined where the data are not JSON.
 */
export function editOf(event: CloudEvent, draft: Draft, id: string): string | undefined {
  const before = draftOf(event);
  const { type, subject, data } = draft;
  const attributes = JSON.stringify({
    id,
    ...(type === before.type ? {} : { type }),
    ...(subject === before.subject ? {} : { subject: subject === '' ? null : subject }),
  });
  if (data === before.data) return attributes;
  if (!isJson(data)) return undefined;
  return `${attributes.slice(0, -1)},"data":${data}}`;
}

/** Whether there is a number in it that a browser cannot hold: shown in an editor, it would have become another. */
export function hasLongNumber(value: unknown): boolean {
  if (typeof value === 'number') return Number.isInteger(value) && !Number.isSafeInteger(value);
  return typeof value === 'object' && value !== null && Object.values(value).some(hasLongNumber);
}
