import type { AttributeValue, Event } from './event.js';

/**
 * The attributes of an event that came from another partition. `millracefrom` is the ref of the event there that it follows
 * from. `millraceroute` is there where it is that very event, of which one delivery has moved: it is for this route alone.
 */
export const FROM_ATTRIBUTE = 'millracefrom';
export const ONLY_ROUTE_ATTRIBUTE = 'millraceroute';

/** The ref of the event from which this one came here, out of another partition; undefined for one that did not. */
export function cameFrom({ attributes }: Pick<Event, 'attributes'>): string | undefined {
  return textOf(attributes[FROM_ATTRIBUTE]);
}

/** The one route that the event is for, where it is a delivery that came from another partition; else undefined. */
export function onlyRouteOf({ attributes }: Pick<Event, 'attributes'>): string | undefined {
  return textOf(attributes[ONLY_ROUTE_ATTRIBUTE]);
}

/** A follow-up as it goes on in another partition than that of its cause. */
export function departingFollowUp(followUp: Event, causeRef: string): Event {
  return { ...followUp, attributes: { ...followUp.attributes, [FROM_ATTRIBUTE]: causeRef } };
}

/** The event as it goes on in another partition along one route. Its source and id stay, so that keys made of them do. */
export function departingDelivery(event: Event, ref: string, route: string): Event {
  return { ...event, attributes: { ...event.attributes, [FROM_ATTRIBUTE]: ref, [ONLY_ROUTE_ATTRIBUTE]: route } };
}

function textOf(value: AttributeValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
