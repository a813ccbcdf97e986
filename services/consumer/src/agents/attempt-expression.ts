import { ToolCallFailed } from '@millrace/handlers';
import { ExpressionError } from '@millrace/routing';
import { AgentEnded } from './agent-ended.js';

/** What an expression of the route gives; where it gives nothing good, the delivery ends, unless it only took too long. */
export async function attemptExpression<T>(render: () => Promise<T>): Promise<T> {
  try {
    return await render();
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    const { code, message, retryable } = error;
    throw retryable ? new ToolCallFailed(code, message, 'not-sent', true) : new AgentEnded(code, message);
  }
}
