import type { Entry } from '@millrace/stream-client';
import type { Configuration } from './configuration/configuration.js';
import { type PreparedCall, prepareCall } from './deliver-by-call.js';
import { planAtOnce } from './handle-at-once.js';
import type { Handling } from './handle-entry.js';
import { recordEffect } from './to-delivering.js';

/** A call that is made ready while its entry waits for a place. */
export interface CallAhead {
  readonly prepared: Promise<PreparedCall>;
  /**
   * Whether it is recorded that it is about to be sent: false where it must not be, undefined where that was asked too long ago,
   * and has to be asked once more. Rejects as recording does.
   */
  wasRecorded(): Promise<boolean | undefined>;
}

/** For how long a call may go out after it was asked for whether the entry is still held, in ms. */
const MAX_AGE_MS = 100;

/**
 * Renders the call of an entry and records that it is about to be sent, before there is a place for it: a place is for calls, and
 * no call has to wait for Redis in one. Undefined, with nothing done, unless the call is one that may be repeated, of an
 * `effectively-once` route, and all that the entry asks for: where a call may not be repeated, one that is recorded and
 * never sent would be given up.
 */
export function callAhead(
  entry: Entry,
  configuration: Configuration,
  handling: Handling,
  nowMs: () => number = () => performance.now(),
): CallAhead | undefined {
  const plan = planAtOnce(entry, configuration, handling);
  if (plan === undefined) return undefined;
  const { routeId, route } = plan;
  if (route.action.kind !== 'call' || route.delivery !== 'effectively-once') return undefined;
  const prepared = prepareCall(entry.event, plan, route.action, handling.stream.settings.namespace);
  let askedAt = 0;
  const recorded = prepared.then((call) => {
    if ('error' in call) return false;
    askedAt = nowMs();
    return recordEffect(entry, routeId, call.value.effect, handling);
  });
  // Whoever gives the entry up does not ask.
  recorded.catch(() => undefined);
  return {
    prepared,
    wasRecorded: async () => {
      if (!(await recorded)) return false;
      return nowMs() - askedAt <= MAX_AGE_MS ? true : undefined;
    },
  };
}
