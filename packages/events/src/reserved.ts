import { FROM_ATTRIBUTE, ONLY_ROUTE_ATTRIBUTE } from './departure.js';
import type { Event } from './event.js';
import { TRUST_ATTRIBUTE } from './trust.js';

/** What Millrace alone writes, and believes: no event that is sent may have it. */
export const RESERVED_ATTRIBUTES: readonly string[] = [TRUST_ATTRIBUTE, FROM_ATTRIBUTE, ONLY_ROUTE_ATTRIBUTE];

/** The first attribute of an event that nobody may send; undefined where there is none. */
export function findReserved({ attributes }: Pick<Event, 'attributes'>): string | undefined {
  return RESERVED_ATTRIBUTES.find((name) => name in attributes);
}
