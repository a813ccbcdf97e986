import type { Route } from '@millrace/routing';
import type { Logger, Metrics } from '@millrace/runtime';
import type { Entry, MalformedEntry, Settlement } from '@millrace/stream-client';
import type { Attempt } from './deliver.js';
import type { Disposal } from './outcome.js';

/** Told what happens; logs and counts it. Nothing that it does can fail a delivery. */
export interface Observer {
  attempted(route: Route, attempt: Attempt): void;
  settled(entry: Entry | MalformedEntry, disposal: Disposal): void;
  fenced(settlement: Settlement): void;
  settleFailed(settlement: Settlement, error: unknown): void;
}

export function createObserver(logger: Logger, metrics: Metrics): Observer {
  return {
    attempted(route, attempt) {
      if (attempt.effect === undefined) return;
      const { target, durationMs, state } = attempt.effect;
      // Without a duration nothing was called: the answer was served from the ledger, or the call was forbidden.
      if (durationMs === undefined) return;
      const { server, tool } = target;
      const outcome = attempt.kind === 'failed' ? attempt.error.class : state === 'done' ? 'ok' : state;
      metrics.toolCallDuration.observe({ server, tool, outcome }, durationMs / 1_000);
      if (attempt.kind === 'failed')
        logger.debug({ route: route.id, server, tool, code: attempt.error.code, durationMs }, 'tool call failed');
    },
    settled(entry, disposal) {
      const { outcome, reason, error } = disposal;
      metrics.deliveries.inc({ route: outcome.route, outcome: outcome.state });
      const eventId = entry.kind === 'entry' ? entry.event.id : undefined;
      const facts = { eventId, ref: entry.ref, entryId: entry.id, route: outcome.route, attempt: outcome.attempt };
      if (outcome.state === 'done') {
        metrics.settleDuration.observe({ route: outcome.route }, ageSeconds(entry.ref));
        logger.debug(facts, 'delivery done');
      } else if (outcome.state === 'expired') {
        logger.info(facts, 'delivery has expired');
      } else if (outcome.state === 'retrying') {
        logger.info({ ...facts, code: error?.code, delayMs: outcome.delayMs }, 'delivery will be retried');
      } else {
        logger.warn({ ...facts, reason, code: error?.code }, 'delivery is dead');
      }
    },
    fenced(settlement) {
      metrics.fencedSettlements.inc();
      logger.warn(
        { ref: settlement.entry.ref, entryId: settlement.entry.id },
        'entry was claimed by another consumer; outcome dropped',
      );
    },
    settleFailed(settlement, error) {
      logger.warn(
        { ref: settlement.entry.ref, entryId: settlement.entry.id, err: error },
        'could not settle; trying again',
      );
    },
  };
}

/** Since acceptance, by this host's clock against Redis': for a histogram, never for a decision. */
function ageSeconds(ref: string): number {
  const acceptedAt = Number(ref.split('-')[1]);
  return Math.max(0, (Date.now() - acceptedAt) / 1_000);
}
