import { type Asked, costOf, type ModelPrices } from '@millrace/agent';
import type { CallOutcome, ResourceOutcome, ToolCallError } from '@millrace/mcp-client';
import type { Route, ToolTarget } from '@millrace/routing';
import { createBoundedLabel, type InTrace, type Logger, type Metrics } from '@millrace/runtime';
import type { Entry, MalformedEntry, Settlement } from '@millrace/stream-client';
import { ageMsOf, describeSettlement } from './describe-settlement.js';
import type { HandlerLogger } from './handlers/handler-log.js';
import { type Disposal, isPutOff } from './outcome.js';

/** Tools that are counted by name: an agent may call whatever a server offers, and servers name their tools. */
const MAX_TOOLS = 500;

/** Told what happens; logs and counts it. Nothing that it does can fail a delivery. */
export interface Observer {
  called(route: Route, target: ToolTarget, outcome: CallOutcome): void;
  /** A resource was read, or was not. */
  read(route: Route, server: string, outcome: ResourceOutcome): void;
  /** A question to a model was answered, or was not. */
  asked(route: Route, asked: Asked, prices: ModelPrices | undefined): void;
  /** Where the lines of a handler go that runs for this entry along this route. */
  logFor(entry: Entry, route: Route): HandlerLogger;
  settled(entry: Entry | MalformedEntry, disposal: Disposal): void;
  fenced(settlement: Settlement): void;
  settleFailed(settlement: Settlement, error: unknown): void;
}

/**
 * `isWorthALine` is asked about each delivery that is done, and says whether its line is written at `info` rather than
 * `debug`; whatever else becomes of a delivery always is. `currentTrace` says which trace the caller works in, if any.
 */
export function createObserver(
  logger: Logger,
  metrics: Metrics,
  isWorthALine: () => boolean = never,
  currentTrace: () => InTrace | undefined = none,
): Observer {
  const toolLabel = createBoundedLabel(MAX_TOOLS);
  return {
    called(route, { server, tool }, { facts, ...called }) {
      const operation = { mcp_method_name: 'tools/call', gen_ai_tool_name: toolLabel(tool), server };
      const seconds = facts.durationMs / 1_000;
      if (called.kind === 'ok') return metrics.toolCallDuration.observe(operation, seconds, currentTrace());
      metrics.toolCallDuration.observe(
        { ...operation, error_type: errorTypeOf(called.error) },
        seconds,
        currentTrace(),
      );
      const durationMs = Math.round(facts.durationMs);
      logger.debug({ route: route.id, server, tool, code: called.error.code, durationMs }, 'tool call failed');
    },
    read({ id: route }, server, { facts, ...read }) {
      const operation = { mcp_method_name: 'resources/read', server };
      const seconds = facts.durationMs / 1_000;
      if (read.kind === 'ok') return metrics.toolCallDuration.observe(operation, seconds, currentTrace());
      const { code, class: known } = read.error;
      metrics.toolCallDuration.observe({ ...operation, error_type: known }, seconds, currentTrace());
      logger.debug({ route, server, code, durationMs: Math.round(facts.durationMs) }, 'resource was not read');
    },
    asked({ id: route }, { model, durationMs, outcome }, prices) {
      const operation = { gen_ai_operation_name: 'chat', gen_ai_request_model: model, route };
      const failure = 'code' in outcome ? { error_type: outcome.code } : {};
      metrics.modelDuration.observe({ ...operation, ...failure }, durationMs / 1_000, currentTrace());
      if ('code' in outcome) return;
      const { usage } = outcome.answer;
      for (const type of ['input', 'output'] as const)
        metrics.modelTokens.observe({ ...operation, gen_ai_token_type: type }, usage[type]);
      metrics.modelCachedTokens.inc(operation, usage.cached);
      if (prices !== undefined) metrics.modelCost.inc(operation, costOf(usage, prices));
    },
    logFor(entry, route) {
      return logger.child({ route: route.id, eventId: entry.event.id, ref: entry.ref });
    },
    settled(entry, disposal) {
      const { outcome, reason } = disposal;
      const { route } = outcome;
      if (outcome.state === 'waiting') return metrics.turnsWaited.inc({ route });
      metrics.deliveries.inc({ route, outcome: outcome.state });
      if (outcome.state === 'done') {
        metrics.settleDuration.observe({ route }, ageMsOf(entry.ref, Date.now()) / 1_000, currentTrace());
        const level = isWorthALine() ? 'info' : 'debug';
        // Nearly always nobody reads it: then it is not made.
        if (!logger.isLevelEnabled(level)) return;
        return logger[level](describeSettlement(entry, disposal, Date.now()), 'delivery done');
      }
      const facts = describeSettlement(entry, disposal, Date.now());
      if (outcome.state === 'moved') {
        logger.debug(facts, 'delivery goes on in another partition');
      } else if (outcome.state === 'expired') {
        logger.info(facts, 'delivery has expired');
      } else if (outcome.state === 'parked') {
        logger.info({ ...facts, expiresInMs: outcome.delayMs }, 'delivery is parked until somebody answers');
      } else if (outcome.state === 'retrying') {
        const { delayMs, detail } = outcome;
        if (!isPutOff(outcome)) logger.info({ ...facts, delayMs }, 'delivery will be retried');
        else
          logger.debug(
            { ...facts, paused: detail.paused, waitsIn: detail.waitsIn, behind: detail.behind },
            'delivery waits, and is not begun',
          );
      } else {
        metrics.deadLettered.inc({ route, reason: reason ?? 'unknown' });
        logger.warn(facts, 'delivery is dead');
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

/** As the MCP conventions have it for a tool that says of itself that it failed; else what is known of the call. */
function errorTypeOf({ code, class: known }: ToolCallError): string {
  return code === 'TOOL_REPORTED_ERROR' ? 'tool_error' : known;
}

function never(): boolean {
  return false;
}

function none(): undefined {
  return undefined;
}
