import type { AgentToolCall, Journal, ToolAnswer } from '@millrace/agent';
import { type HandlerContext, type HandlerTools, type StepIdempotency, ToolCallFailed } from '@millrace/handlers';

/** Why repeating a call of a tool is harmless; undefined where the route's own word is all there is. */
export type JudgeTool = (tool: Pick<AgentToolCall, 'server' | 'tool'>) => StepIdempotency | undefined;

/**
 * The steps of a handler as an agent's journal. A step of the agent groups: what it keeps is served again. The tool call in
 * it is a step of its own, `<step>/call`, which the ledger guards as the route says.
 */
export function createStepJournal(context: HandlerContext, judge: JudgeTool): Journal {
  return {
    keep: (step, work) =>
      context.step(step, ({ tools }) => work({ call: (call) => callTool(tools, call, judge(call)) }), {
        idempotency: 'safe',
      }),
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
