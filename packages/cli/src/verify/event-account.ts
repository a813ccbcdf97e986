import type { DeadLetterFacts, History, SentEvent, SystemRecord } from './history.js';
import { type TestedRoute, type TestedTool, toolsOf } from './tested-route.js';

/** The accounts of one event, side by side. They are joined by the event's own id and by nothing else. */
export interface EventAccount {
  readonly sent: SentEvent;
  readonly record: SystemRecord | undefined;
  readonly deadLetter: DeadLetterFacts | undefined;
  /** Requests at the tool that got most of them, of those of the route. */
  readonly reached: number;
  /** Effects at the tool that had most of them. */
  readonly effects: number;
  /** Effects at the tool that had fewest. */
  readonly leastEffects: number;
  /** The number that the witness gave the first effect at the route's first tool. */
  readonly firstEffect: number | undefined;
  /** Questions that a model was asked about it. */
  readonly questions: number;
}

/** All events of a route, and what its witnesses saw of its tools for ids that were never sent along it. */
export interface RouteAccount {
  readonly route: TestedRoute;
  readonly events: readonly EventAccount[];
  readonly strangers: readonly string[];
}

type Seen = Pick<EventAccount, 'reached' | 'effects' | 'firstEffect'>;
const NOTHING: Seen = { reached: 0, effects: 0, firstEffect: undefined };

/** Joins the accounts of one route's events. */
export function joinAccounts(history: History, route: TestedRoute): RouteAccount {
  const seenByTool = toolsOf(route).map((tool) => tallyOf(history, tool));
  const deadLetters = new Map(history.deadLetters.map((letter) => [letter.eventId, letter]));
  const sent = history.sent.filter(({ type }) => type === route.type);
  const ours = new Set(sent.map(({ id }) => id));
  const strangers = seenByTool.flatMap((seen) =>
    [...seen].filter(([id, { reached, effects }]) => !ours.has(id) && reached + effects > 0).map(([id]) => id),
  );
  return {
    route,
    events: sent.map((event) => {
      const seen = seenByTool.map((byId) => byId.get(event.id) ?? NOTHING);
      const effects = seen.map((one) => one.effects);
      return {
        sent: event,
        record: history.records.get(event.id),
        deadLetter: deadLetters.get(event.id),
        reached: Math.max(...seen.map((one) => one.reached)),
        effects: Math.max(...effects),
        leastEffects: Math.min(...effects),
        firstEffect: seen[0]?.firstEffect,
        questions: history.model?.questions.get(event.id) ?? 0,
      };
    }),
    strangers: [...new Set(strangers)],
  };
}

/** What its witness saw of one tool, by event id. */
function tallyOf({ witnesses }: History, { cloud, tool: wanted }: TestedTool): ReadonlyMap<string, Seen> {
  const seen = new Map<string, Seen>();
  for (const { eventId, tool, reached, effects, firstEffect } of witnesses.find((one) => one.cloud === cloud)
    ?.tallies ?? []) {
    if (tool !== wanted) continue;
    const known = seen.get(eventId) ?? NOTHING;
    const first = Math.min(known.firstEffect ?? Number.POSITIVE_INFINITY, firstEffect ?? Number.POSITIVE_INFINITY);
    seen.set(eventId, {
      reached: known.reached + reached,
      effects: known.effects + effects,
      firstEffect: Number.isFinite(first) ? first : undefined,
    });
  }
  return seen;
}
