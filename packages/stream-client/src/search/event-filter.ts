import { type Event, renderEvent } from '@millrace/events';
import type { DeliveryState, EventState } from '../records/record.js';
import type { EventSummary } from './event-summary.js';

/** Which events somebody looks for: those that meet every condition that is there. */
export interface EventFilter {
  readonly id?: string;
  readonly source?: string;
  /** A type, or the beginning of types with a `*` after it. */
  readonly type?: string;
  readonly subject?: string;
  /** The `partitionkey`. */
  readonly key?: string;
  /** Of the event, or of one of its deliveries; with `route`, of that one. */
  readonly state?: EventState | DeliveryState;
  readonly route?: string;
  /** Accepted at this time or later. */
  readonly since?: Date;
  /** Accepted before this time. */
  readonly until?: Date;
  /** Stands somewhere in the event, in its attributes or its data; upper and lower case are alike. */
  readonly text?: string;
}

/** The event as text, for finding words in it. */
export type TextOf = (event: Event) => string;

/** Whether an event by itself meets the conditions; what has become of it is asked separately. */
export function isLookedFor(event: Event, filter: EventFilter, textOf: TextOf = renderEvent): boolean {
  const { id, source, type, subject, key, text } = filter;
  return (
    (id === undefined || event.id === id) &&
    (source === undefined || event.source === source) &&
    (type === undefined || isOfType(event.type, type)) &&
    (subject === undefined || event.attributes.subject === subject) &&
    (key === undefined || event.attributes.partitionkey === key) &&
    (text === undefined || textOf(event).toLowerCase().includes(text.toLowerCase()))
  );
}

/** Whether what has become of an event meets the conditions. */
export function isAsLookedFor(summary: EventSummary, { state, route }: Pick<EventFilter, 'state' | 'route'>): boolean {
  const routes = route === undefined ? summary.routes : summary.routes.filter(({ id }) => id === route);
  if (route !== undefined && routes.length === 0) return false;
  if (state === undefined) return true;
  return routes.some((delivery) => delivery.state === state) || (route === undefined && summary.state === state);
}

function isOfType(type: string, wanted: string): boolean {
  return wanted.endsWith('*') ? type.startsWith(wanted.slice(0, -1)) : type === wanted;
}
