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

/** The event with what is known of whom it is from. One that is anonymous stays as it is. */
export function withTrust(event: Event, trust: Trust): Event {
  if (trust === 'anonymous') return event;
  return { ...event, attributes: { ...event.attributes, [TRUST_ATTRIBUTE]: trust } };
}

/** Whether an event is trusted as much as is asked for, or more. */
export function isTrusted(event: Pick<Event, 'attributes'>, needed: Trust): boolean {
  return TRUSTS.indexOf(trustOf(event)) <= TRUSTS.indexOf(needed);
}
