import { type ShownResource, showResource } from '@millrace/agent';
import type { Event } from '@millrace/events';
import { type HandlerContext, ToolCallFailed } from '@millrace/handlers';
import type { ResourceOutcome } from '@millrace/mcp-client';
import { type AgentAction, viewOf } from '@millrace/routing';
import type { Delivering } from '../deliver.js';
import { attemptExpression } from './attempt-expression.js';

/** For reading one resource, in ms. */
const READ_LIMIT_MS = 10_000;

/**
 * Reads what an agent is to be shown, each as a step: run again, the run is shown the same text. What is not there, or is
 * refused, it is told about; a server that cannot be reached, or is busy, is for a later attempt.
 */
export async function readResources(
  event: Event,
  { resources }: AgentAction,
  { tools, noteRead }: Pick<Delivering, 'tools' | 'noteRead'>,
  context: Pick<HandlerContext, 'step' | 'signal'>,
): Promise<readonly ShownResource[]> {
  const shown: ShownResource[] = [];
  for (const [at, render] of resources.entries()) {
    const { server, uri } = await attemptExpression(() => render(viewOf(event)));
    const read = async () => {
      if (tools.readResource === undefined) throw new Error('this consumer cannot read resources');
      const request = { server, uri, timeoutMs: READ_LIMIT_MS };
      const outcome = await tools.readResource(request, context.signal);
      noteRead?.(server, outcome);
      return toShown(`${server}/${uri}`, outcome);
    };
    shown.push(await context.step(`resources.${at}`, read, { idempotency: 'safe' }));
  }
  return shown;
}

function toShown(name: string, outcome: ResourceOutcome): ShownResource {
  if (outcome.kind === 'ok') return showResource(name, outcome.text);
  const { code, message, class: errorClass, retryable, retryAfterMs } = outcome.error;
  // A reading that was sent counts as an attempt, or a server that fails would be asked for ever.
  if (retryable)
    throw new ToolCallFailed(code, message, errorClass === 'not-sent' ? errorClass : 'refused', true, retryAfterMs);
  return { name, verdict: 'failed', text: `It cannot be read: ${message}` };
}
