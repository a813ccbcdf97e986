import type { Event } from './event.js';

/** How far it is known whom an event is from, the best known first. */
export const TRUSTS = ['signed', 'keyed', 'anonymous'] as const;
/**
 * `signed`: its content bears the signature of a sender that we know. `keyed`: it was sent by the holder of a key.
 * `anonymous`: nobody was asked.
 */
export type Trust = (typeof TRUSTS)[number];

/** The attribute that says so. Only the producer writes it, and takes no event that has it already. */
export const TRUST_ATTRIBUTE = 'millracetrust';

/** What is known of whom an event is from. A follow-up is trusted as far as the event at the beginning of its chain. */
export function trustOf({ attributes }: Pick<Event, 'attributes'>): Trust {
  const trust = attributes[TRUST_ATTRIBUTE];
  return trust === 'signed' || trust === 'keyed' ? trust : 'anonymous';
}

/** The event with what is known of whom it is from, whatever it said of that before. */
export function withTrust(event: Event, trust: Trust): Event {
  if (trust === trustOf(event)) return event;
  if (trust === 'anonymous') {
    const { [TRUST_ATTRIBUTE]: _trust, ...attributes } = event.attributes;
    return { ...event, attributes };
  }
  return { ...event, attributes: { ...event.attributes, [TRUST_ATTRIBUTE]: trust } };
}

/** Whether this is as much trust as is asked for, or more. */
export function isEnoughTrust(trust: Trust, needed: Trust): boolean {
  return TRUSTS.indexOf(trust) <= TRUSTS.indexOf(needed);
}

/** The lesser of two: what comes of both is trusted no further. */
export function lesserTrust(one: Trust, other: Trust): Trust {
  return isEnoughTrust(one, other) ? other : one;
}
