import type { CallOutcome } from '@millrace/mcp-client';
import type { Route, ToolTarget } from '@millrace/routing';
import type { Logger, Metrics } from '@millrace/runtime';
import type { Entry, MalformedEntry, Settlement } from '@millrace/stream-client';
import type { HandlerLogger } from './handlers/handler-log.js';
import type { Disposal } from './outcome.js';

/** Told what happens; logs and counts it. Nothing that it does can fail a delivery. */
export interface Observer {
  called(route: Route, target: ToolTarget, outcome: CallOutcome): void;
  /** Where the lines of a handler go that runs for this entry along this route. */
  logFor(entry: Entry, route: Route): HandlerLogger;
  settled(entry: Entry | MalformedEntry, disposal: Disposal): void;
  fenced(settlement: Settlement): void;
  settleFailed(settlement: Settlement, error: unknown): void;
}

export function createObserver(logger: Logger, metrics: Metrics): Observer {
  return {
    called(route, { server, tool }, { facts, ...called }) {
      const outcome = called.kind === 'ok' ? 'ok' : called.error.class;
      metrics.toolCallDuration.observe({ server, tool, outcome }, facts.durationMs / 1_000);
      if (called.kind === 'ok') return;
      const durationMs = Math.round(facts.durationMs);
      logger.debug({ route: route.id, server, tool, code: called.error.code, durationMs }, 'tool call failed');
    },
    logFor(entry, route) {
      return logger.child({ route: route.id, eventId: entry.event.id, ref: entry.ref });
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
      } else if (outcome.state === 'parked') {
        logger.info({ ...facts, expiresInMs: outcome.delayMs }, 'delivery is parked until somebody answers');
      } else if (outcome.state === 'retrying') {
        const { delayMs, detail } = outcome;
        if (detail.paused === undefined)
          logger.info({ ...facts, code: error?.code, delayMs }, 'delivery will be retried');
        else logger.debug({ ...facts, paused: detail.paused }, 'delivery waits, since something is paused');
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
