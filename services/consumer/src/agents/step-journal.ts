import type { AgentToolCall, Journal, StepTools, ToolAnswer } from '@millrace/agent';
import { type HandlerTools, type StepIdempotency, ToolCallFailed } from '@millrace/handlers';
import type { RunContext } from '../handlers/handler-context.js';

/** Why repeating a call of a tool is harmless; undefined where the route's own word is all there is. */
export type JudgeTool = (tool: Pick<AgentToolCall, 'server' | 'tool'>) => StepIdempotency | undefined;

/**
 * The steps of a handler as an agent's journal. A step of the agent groups: what it keeps is served again. The tool call in
 * it is a step of its own, `<step>/call`, which the ledger guards as the route says; what a person says of it is another,
 * `<step>.approval`.
 */
export function createStepJournal(context: RunContext, judge: JudgeTool): Journal {
  return {
    keep: (step, work) =>
      context.step(step, ({ tools }) => work(toolsOf(step, tools, context, judge)), { idempotency: 'safe' }),
  };
}

function toolsOf(step: string, tools: HandlerTools, context: RunContext, judge: JudgeTool): StepTools {
  return {
    call: (call) => callTool(tools, call, judge(call)),
    approve: ({ server, tool, arguments: args }, why) => {
      const message = `May the agent of ${context.delivery.route} call ${server}/${tool}? Asked because ${why}.`;
      return context.askPerson(`${step}.approval`, { server, tool, arguments: args, message });
    },
    waitedMs: () => context.waitedMs(`${step}/call`),
  };
}

async function callTool(
  tools: HandlerTools,
  { server, tool, arguments: args }: AgentToolCall,
  idempotency: StepIdempotency | undefined,
): Promise<ToolAnswer> {
  const call = { server, tool, arguments: args, ...(idempotency === undefined ? {} : { idempotency }) };
  try {
    return { kind: 'ok', result: await tools.call('call', call) };
  } catch (error) {
    if (!(error instanceof ToolCallFailed)) throw error;
    const { code, message, outcome, retryable, retryAfterMs } = error;
    const failed = { kind: 'failed' as const, class: outcome, code, message, retryable };
    return retryAfterMs === undefined ? failed : { ...failed, retryAfterMs };
  }
}
