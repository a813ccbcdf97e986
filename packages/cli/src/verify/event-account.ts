import type { DeadLetterFacts, History, SentEvent, SystemRecord } from './history.js';
import type { TestedRoute } from './tested-route.js';

/** The three accounts of one event, side by side. They are joined by the event's own id and by nothing else. */
export interface EventAccount {
  readonly sent: SentEvent;
  readonly record: SystemRecord | undefined;
  readonly deadLetter: DeadLetterFacts | undefined;
  readonly reached: number;
  readonly effects: number;
  /** The number that the witness gave the first effect. */
  readonly firstEffect: number | undefined;
}

/** All events of a route, and what its witness saw of its tool for ids that were never sent along it. */
export interface RouteAccount {
  readonly route: TestedRoute;
  readonly events: readonly EventAccount[];
  readonly strangers: readonly string[];
}

type Seen = Pick<EventAccount, 'reached' | 'effects' | 'firstEffect'>;
const NOTHING: Seen = { reached: 0, effects: 0, firstEffect: undefined };

/** Joins the accounts of one route's events. */
export function joinAccounts(history: History, route: TestedRoute): RouteAccount {
  const witness = history.witnesses.find(({ cloud }) => cloud === route.cloud);
  const seen = new Map<string, Seen>();
  for (const { eventId, tool, reached, effects, firstEffect } of witness?.tallies ?? []) {
    if (tool !== route.tool) continue;
    const known = seen.get(eventId) ?? NOTHING;
    const first = Math.min(known.firstEffect ?? Number.POSITIVE_INFINITY, firstEffect ?? Number.POSITIVE_INFINITY);
    seen.set(eventId, {
      reached: known.reached + reached,
      effects: known.effects + effects,
      firstEffect: Number.isFinite(first) ? first : undefined,
    });
  }
  const deadLetters = new Map(history.deadLetters.map((letter) => [letter.eventId, letter]));
  const sent = history.sent.filter(({ type }) => type === route.type);
  const ours = new Set(sent.map(({ id }) => id));
  return {
    route,
    events: sent.map((event) => ({
      sent: event,
      record: history.records.get(event.id),
      deadLetter: deadLetters.get(event.id),
      ...(seen.get(event.id) ?? NOTHING),
    })),
    strangers: [...seen]
      .filter(([id, { reached, effects }]) => !ours.has(id) && reached + effects > 0)
      .map(([id]) => id),
  };
}
