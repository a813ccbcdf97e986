import { createEvent, EventError, type Locate, MAX_DATA_DEPTH, parseJson } from '@millrace/events';
import type { ParsedEvent } from '../parse-request.js';
import type { SignedWebhook } from './webhook-signature.js';

/** How the webhooks of one sender become events. */
export interface WebhookMapping {
  readonly source: string;
  readonly type: WebhookType;
}

/** The type of all of them, or where in the body it stands and what is put before it. */
export type WebhookType = string | { readonly at: string; readonly prefix: string };

/** All but the data: attributes that a repeat of the webhook may have otherwise, and is a repeat all the same. */
const FILLED_IN: ReadonlySet<string> = new Set(['source', 'type', 'time']);

/**
 * The event in a webhook: its id is the webhook's, its data are the body byte for byte, its source and type are what the
 * mapping says. Throws `EventError`.
 */
export function parseWebhook(
  { id, sentAt }: SignedWebhook,
  body: Buffer,
  contentType: string | undefined,
  { source, type }: WebhookMapping,
): ParsedEvent {
  const attributes = {
    specversion: '1.0',
    id,
    source,
    type: typeof type === 'string' ? type : `${type.prefix}${readType(body, type.at)}`,
    time: sentAt.toISOString(),
    ...(contentType === undefined ? {} : { datacontenttype: contentType }),
  };
  const event = createEvent(attributes, body, locate);
  return { event, value: undefined, filledIn: FILLED_IN, dataPointer: '' };
}

const locate: Locate = (attribute) => ({ header: attribute === 'datacontenttype' ? 'content-type' : 'webhook-id' });

function readType(body: Buffer, pointer: string): string {
  let value = parseJson(body, MAX_DATA_DEPTH).value;
  for (const token of pointer.split('/').slice(1)) value = memberOf(value, token);
  if (typeof value === 'string' && value !== '') return value;
  const problem = { pointer, detail: 'must be a text: the type of the event' };
  throw new EventError('EVENT_INVALID', 'the webhook does not name a type where its sender was said to', [problem]);
}

function memberOf(value: unknown, token: string): unknown {
  const name = token.replaceAll('~1', '/').replaceAll('~0', '~');
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Record<string, unknown>)[name];
}
