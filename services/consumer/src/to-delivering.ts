import type { Effect } from '@millrace/ledger';
import type { Entry } from '@millrace/stream-client';
import type { CallAhead } from './call-ahead.js';
import type { Configuration } from './configuration/configuration.js';
import type { Delivering, RoutedPlan } from './deliver.js';
import type { EntryHold, Handling } from './handle-entry.js';
import { UNTRACED } from './trace-attempts.js';

/**
 * What delivering an entry along a route needs, of a tool about which nothing more is known than the route says. `ahead` is its call,
 * where that was made ready before.
 */
export function toDelivering(
  entry: Entry,
  { routeId, route, attempt }: RoutedPlan,
  { tools, handlers, models }: Configuration,
  handling: Handling,
  hold: EntryHold,
  ahead?: CallAhead,
): Delivering {
  // It may be in Redis even where that was not answered.
  let hasRecorded = ahead !== undefined;
  return {
    namespace: handling.stream.settings.namespace,
    tools,
    handlers,
    ...(models === undefined ? {} : { models }),
    isReadOnly: false,
    ...(ahead === undefined ? {} : { prepared: ahead.prepared }),
    recordEffect: async (effect) => {
      const wasRecorded = await ahead?.wasRecorded();
      if (wasRecorded !== undefined) return wasRecorded;
      // What this very attempt has recorded is no surprise to it: it goes on to another server.
      const own = hasRecorded ? { ...entry, wasHeld: true } : entry;
      const isRecorded = await recordEffect(own, routeId, effect, handling);
      hasRecorded ||= isRecorded && route.action.kind === 'call';
      return isRecorded;
    },
    noteAsked: (asked, prices) => handling.observer.asked(route, asked, prices),
    traceChat: (handling.tracing ?? UNTRACED).chat,
    noteRead: (server, outcome) => handling.observer.read(route, server, outcome),
    noteCall: (target, outcome) => {
      handling.observer.called(route, target, outcome);
      handling.calls?.note(target, outcome, { route: route.id, ref: entry.ref, attempt });
    },
    noteProgress: (step, progress) => hold.noteProgress(routeId, { step, ...progress }),
    log: () => handling.observer.logFor(entry, route),
  };
}

/** Records what is known of an effect. False: the entry is lost. Rejects when it cannot tell. */
export async function recordEffect(
  entry: Entry,
  route: string,
  effect: Effect,
  { effects }: Handling,
): Promise<boolean> {
  const reply = await effects.record({
    entry,
    route,
    step: effect.step,
    isStart: effect.state === 'sent',
    value: JSON.stringify(effect),
  });
  return reply === 'recorded';
}
