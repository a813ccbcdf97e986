import type { AgentToolCall, Journal, ToolAnswer } from '@millrace/agent';
import { type HandlerContext, type HandlerTools, ToolCallFailed } from '@millrace/handlers';

/**
 * The steps of a handler as an agent's journal. A step of the agent groups: what it keeps is served again. The tool call in
 * it is a step of its own, `<step>/call`, which the ledger guards as the route says.
 */
export function createStepJournal(context: HandlerContext): Journal {
  return {
    keep: (step, work) =>
      context.step(step, ({ tools }) => work({ call: (call) => callTool(tools, call) }), { idempotency: 'safe' }),
  };
}

async function callTool(tools: HandlerTools, { server, tool, arguments: args }: AgentToolCall): Promise<ToolAnswer> {
  try {
    return { kind: 'ok', result: await tools.call('call', { server, tool, arguments: args }) };
  } catch (error) {
    if (!(error instanceof ToolCallFailed)) throw error;
    const { code, message, outcome, retryable, retryAfterMs } = error;
    const failed = { kind: 'failed' as const, class: outcome, code, message, retryable };
    return retryAfterMs === undefined ? failed : { ...failed, retryAfterMs };
  }
}
