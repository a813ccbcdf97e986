import {
  type AgentOutcome,
  type AgentReport,
  type AgentTask,
  askInTurn,
  type Candidate,
  KNOWN_ORIGIN,
  mixOrigins,
  runAgent,
  type ServerTool,
} from '@millrace/agent';
import { type Event, isEnoughTrust, trustOf } from '@millrace/events';
import { defineHandler, type Handler, type HandlerContext, ToolCallFailed } from '@millrace/handlers';
import { type AgentAction, type Route, viewOf } from '@millrace/routing';
import type { ConsumerTools } from '../call-target.js';
import type { Delivering } from '../deliver.js';
import type { RunContext } from '../handlers/handler-context.js';
import { UNTRACED } from '../trace-attempts.js';
import { AgentEnded } from './agent-ended.js';
import { attemptExpression } from './attempt-expression.js';
import { readResources } from './read-resources.js';
import { rememberSummed } from './remember-run.js';
import { createStepJournal } from './step-journal.js';
import { learnHints } from './tool-hints.js';

/** Runs share what a server says of its tools for so long, in ms: asking takes as long as a call. */
const LISTING_AGE_MS = 5_000;

/**
 * An agent as a handler whose steps are the answers of the model and of the tools: so it has the journal, the ledger and the
 * retries that every handler has.
 */
export function createAgentHandler(
  event: Event,
  { idempotency }: Pick<Route, 'idempotency'>,
  action: AgentAction,
  { tools, models, memory, noteAsked, noteRead, traceChat = UNTRACED.chat }: Delivering,
  noteReport: (report: AgentReport) => void,
): Handler {
  return defineHandler(async (given: HandlerContext) => {
    // Every handler is run with one; only an agent is told what else it can do.
    const context = given as RunContext;
    const model = models?.get(action.model);
    if (model === undefined) throw new Error(`the route has passed the checks without the model ${action.model}`);
    const { instructions, limits, onDeclined, result: resultSchema } = action;
    const listed = await listTools(action.tools, tools, context.signal);
    const known = await learnHints(listed, action.tools, tools, context.signal);
    // Kept like all that the run was told: the memory may be forgotten while a person is waited for, its influence is not.
    const remembered =
      memory === undefined ? KNOWN_ORIGIN : await context.step('memory', () => memory.origin, { idempotency: 'safe' });
    const resources = await readResources(
      event,
      action,
      { tools, ...(noteRead === undefined ? {} : { noteRead }) },
      context,
    );
    const hasRead = resources.some(({ verdict }) => verdict === 'read');
    const origin = mixOrigins({ trust: trustOf(event), isFromOutside: hasRead }, remembered);
    const task = {
      instructions,
      event: JSON.stringify(viewOf(event)),
      allow: action.tools,
      tools: known.tools,
      limits,
      approval: {
        rule: action.approve,
        isEventTrusted: isEnoughTrust(origin.trust, action.trust),
        afterOutside: action.afterOutside,
      },
      onDeclined,
      ...(memory?.text === undefined ? {} : { memory: memory.text }),
      resources,
      hasReadOutside: origin.isFromOutside,
      ...(await renderFixed(event, action)),
      ...(resultSchema === undefined ? {} : { resultSchema }),
    };
    const journal = createStepJournal(context, (tool) =>
      idempotency.kind === 'none' && known.isRepeatable(tool) ? 'safe' : undefined,
    );
    const { ask, prices, maxOutputTokens, fallbacks = [] } = model;
    const pricesOf = new Map([{ name: action.model, prices }, ...fallbacks].map((one) => [one.name, one.prices]));
    const traced = ({ name, ask: askIt }: Candidate): Candidate => ({
      name,
      ask: (question, asking) => traceChat(name, () => askIt(question, asking)),
    });
    const askTraced = askInTurn([traced({ name: action.model, ask }), ...fallbacks.map(traced)], (asked) =>
      noteAsked?.(asked, pricesOf.get(asked.model)),
    );
    const parts = {
      ask: askTraced,
      prices,
      otherPrices: pricesOf,
      maxOutputTokens,
      journal,
      noteReport,
      now: () => Date.now(),
    };
    const outcome = await runAgent(task, parts, context.signal);
    if (outcome.kind !== 'done' || memory === undefined) return toResult(outcome);
    const run = { at: new Date(), origin, event: task.event, result: outcome.result, report: outcome.report };
    if (action.memory.summary === 'rules') {
      memory.keep(run);
      return toResult(outcome);
    }
    const report = await rememberSummed(run, {
      memory,
      limits,
      leftMs: outcome.leftMs,
      ask: askTraced,
      maxOutputTokens,
      pricesOf: (by) => (by === undefined ? undefined : pricesOf.get(by)) ?? prices,
      context,
    });
    noteReport(report);
    return toResult({ ...outcome, report });
  });
}

async function renderFixed(event: Event, { renderFixed: render }: AgentAction): Promise<Pick<AgentTask, 'fixed'>> {
  return render === undefined ? {} : { fixed: await attemptExpression(() => render(viewOf(event))) };
}

/** The tools of the servers that the patterns name. A server that does not say what it has is for a later attempt. */
async function listTools(
  patterns: readonly string[],
  { listTools: list }: ConsumerTools,
  signal: AbortSignal,
): Promise<readonly ServerTool[]> {
  if (list === undefined) throw new Error('this consumer cannot list tools');
  const servers = [...new Set(patterns.map((pattern) => pattern.slice(0, pattern.indexOf('/'))))];
  const listings = await Promise.all(
    servers.map(async (server) => ({ server, listing: await list(server, signal, LISTING_AGE_MS) })),
  );
  return listings.flatMap(({ server, listing }) => {
    if (listing.kind === 'failed') {
      const { code, message, retryable } = listing.error;
      throw new ToolCallFailed(code, message, 'not-sent', retryable);
    }
    return listing.tools.map((description) => ({ server, tool: description.name, description }));
  });
}

/** What the record has of a run, however it ended. Every call is in it, those included that were denied. */
export function showReport({ spent, steps, resources }: AgentReport) {
  const calls = steps.flatMap(({ calls }) => calls.map(({ said: _said, ...call }) => call));
  const models = [...new Set(steps.flatMap(({ model }) => model ?? []))];
  return { spent, models, calls, ...(resources === undefined ? {} : { resources }) };
}

function toResult(outcome: AgentOutcome): unknown {
  switch (outcome.kind) {
    case 'done':
      return { output: outcome.result, ...showReport(outcome.report) };
    case 'limit':
      throw new AgentEnded(
        `AGENT_LIMIT_${outcome.limit.toUpperCase()}`,
        `the agent has come to its limit of ${outcome.limit}, having spent ${describeSpent(outcome.report)}`,
      );
    case 'declined':
      throw new AgentEnded('APPROVAL_DECLINED', outcome.message);
    case 'failed': {
      const { code, message, class: errorClass, retryable, retryAfterMs } = outcome.error;
      const known = errorClass === 'invalid-result' || errorClass === 'needs-input' ? 'refused' : errorClass;
      throw new ToolCallFailed(code, message, known, retryable, retryAfterMs);
    }
  }
}

function describeSpent({ spent }: AgentReport): string {
  const { steps, calls, input, output, cost } = spent;
  return `${steps} steps, ${calls} calls, ${input + output} tokens, ${cost} in money`;
}
