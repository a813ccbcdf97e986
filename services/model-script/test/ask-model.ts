import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { generateText, jsonSchema, tool } from 'ai';

/** Asks a scripted model one thing, as anybody would: with the AI SDK, over HTTP, without a retry of its own. */
export function askModel(origin: string, prompt: string, abortSignal?: AbortSignal) {
  const provider = createOpenAICompatible({ name: 'scripted', baseURL: `${origin}/v1` });
  return generateText({
    model: provider('scripted'),
    prompt,
    maxRetries: 0,
    tools: { look: tool({ inputSchema: jsonSchema({ type: 'object', properties: { at: { type: 'string' } } }) }) },
    ...(abortSignal === undefined ? {} : { abortSignal }),
  });
}
