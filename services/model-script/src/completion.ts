import type { Conversation } from './conversation.js';
import type { Answer } from './script.js';

/**
 * An answer as an OpenAI chat completion. The same turn is rendered to the same bytes: ids follow from the turn and the
 * place of a call in it, and `created` is 0.
 */
export function renderCompletion(
  { text, calls, finish, usage }: Answer,
  { model, answers: turn }: Conversation,
): object {
  const toolCalls = calls.map(({ tool, arguments: args }, at) => ({
    id: `call_${turn}_${at}`,
    type: 'function',
    function: { name: tool, arguments: typeof args === 'string' ? args : JSON.stringify(args) },
  }));
  return {
    id: `scripted-${turn}`,
    object: 'chat.completion',
    created: 0,
    model,
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: text === '' ? null : text,
          ...(toolCalls.length === 0 ? {} : { tool_calls: toolCalls }),
        },
        finish_reason: finish ?? (toolCalls.length === 0 ? 'stop' : 'tool_calls'),
      },
    ],
    usage: {
      prompt_tokens: usage.input,
      completion_tokens: usage.output,
      total_tokens: usage.input + usage.output,
      prompt_tokens_details: { cached_tokens: usage.cached },
    },
  };
}
