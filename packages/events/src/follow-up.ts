import { createHash } from 'node:crypto';
import type { AttributeValue, Event, EventData } from './event.js';
import { TRUST_ATTRIBUTE } from './trust.js';

/** Hops an event may have behind it before it emits no more: what ends a chain that feeds itself. */
export const MAX_HOPS = 16;

/** What a route says about the event that a done delivery emits. */
export interface FollowUpContent {
  readonly type: string;
  readonly subject?: string;
  /** That of the cause where it is left out. */
  readonly partitionkey?: string;
  readonly data: EventData | undefined;
}

/**
 * The event that a delivery of `cause` along `route` emits. Its id follows from both, so that a delivery which is
 * repeated emits the same event again and not another one. It carries its cause (`causationid`), the chain's first id
 * (`correlationid`), the partition key, the trace context and how far the
 * cause is trusted. A delivery that emits several tells them apart by `key`.
 * Undefined when the chain has come to its hop limit.
 */
export function createFollowUp(cause: Event, route: string, content: FollowUpContent, key?: string): Event | undefined {
  const hops = hopsOf(cause) + 1;
  if (hops > MAX_HOPS) return undefined;
  const source = `/millrace/routes/${route}`;
  const id = createHash('sha256')
    .update(JSON.stringify([cause.source, cause.id, route, ...(key === undefined ? [] : [key])]))
    .digest('base64url')
    .slice(0, 22);
  const { type, subject, partitionkey, data } = content;
  const attributes: Record<string, AttributeValue> = { specversion: '1.0', id, source, type };
  if (subject !== undefined) attributes.subject = subject;
  if (data?.kind === 'json') attributes.datacontenttype = 'application/json';
  attributes.causationid = cause.id;
  attributes.correlationid = cause.attributes.correlationid ?? cause.id;
  attributes.millracehops = hops;
  for (const name of INHERITED) {
    const value = cause.attributes[name];
    if (value !== undefined) attributes[name] = value;
  }
  if (partitionkey !== undefined) attributes.partitionkey = partitionkey;
  return { id, source, type, attributes, data };
}

const INHERITED = ['partitionkey', 'traceparent', 'tracestate', TRUST_ATTRIBUTE];

function hopsOf(event: Event): number {
  const hops = event.attributes.millracehops;
  return typeof hops === 'number' && hops > 0 ? hops : 0;
}
