import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { generateText, jsonSchema, type LanguageModel, type ModelMessage, type ToolSet, tool } from 'ai';
import { createBoundedFetch } from './bounded-fetch.js';
import type { AskModel, ModelAnswer, ModelCall, Question, Turn } from './model-answer.js';
import { ModelError, toModelError } from './model-error.js';

/** A model behind an HTTP endpoint. */
export interface ModelSettings {
  /** What errors call it. */
  readonly name: string;
  /** Up to and including the version, such as `https://api.openai.com/v1`. */
  readonly baseUrl: string;
  /** The endpoint's own name of the model. */
  readonly model: string;
  /** Whose interface the endpoint speaks: OpenAI's chat completions, or Anthropic's messages. */
  readonly api: 'openai' | 'anthropic';
  /** Sent as `Authorization: Bearer`, to Anthropic as `x-api-key`; nothing is where it is left out. */
  readonly apiKey?: string;
  /** For one answer. */
  readonly timeoutMs: number;
  /** What an OpenAI-compatible endpoint calls the limit on the tokens of an answer. Default: `max_tokens`. */
  readonly outputLimitAs?: 'max_tokens' | 'max_completion_tokens';
}

/** Bytes of HTTP body. What is kept of an answer is far less. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;
/** Where an endpoint does not count tokens, this many characters are taken for one: too many tokens rather than too few. */
const CHARS_PER_TOKEN = 3;

/** Builds a model. Opens nothing. */
export function createModel(settings: ModelSettings): AskModel {
  const { name, timeoutMs } = settings;
  const languageModel = openModel(settings);
  return async (question, signal) => {
    const timeout = AbortSignal.timeout(timeoutMs);
    try {
      return await ask(languageModel, question, AbortSignal.any([signal, timeout]));
    } catch (error) {
      if (signal.aborted)
        throw new ModelError('MODEL_ABORTED', 'unknown', `the question to model ${name} was abandoned`, {
          cause: error,
        });
      if (timeout.aborted)
        throw new ModelError('MODEL_TIMEOUT', 'unknown', `model ${name} took more than ${timeoutMs} ms`, {
          cause: error,
        });
      throw toModelError(error, name);
    }
  };
}

function openModel({ name, api, baseUrl, model, apiKey, outputLimitAs }: ModelSettings): LanguageModel {
  const endpoint = { name, baseURL: baseUrl, fetch: createBoundedFetch(name, MAX_ANSWER_BYTES) };
  // Without a key of its own this provider would look for one in the environment.
  if (api === 'anthropic') return createAnthropic({ ...endpoint, apiKey: apiKey ?? '' })(model);
  return createOpenAICompatible({
    ...endpoint,
    ...(apiKey === undefined ? {} : { apiKey }),
    ...(outputLimitAs === 'max_completion_tokens' ? { transformRequestBody: renameLimit } : {}),
  })(model);
}

function renameLimit({ max_tokens: limit, ...body }: Record<string, unknown>): Record<string, unknown> {
  return { ...body, max_completion_tokens: limit };
}

async function ask(model: LanguageModel, question: Question, abortSignal: AbortSignal): Promise<ModelAnswer> {
  const messages: ModelMessage[] = [{ role: 'user', content: question.opening }, ...question.turns.flatMap(toMessages)];
  // Tools without `execute`: the library asks once and hands back what the model wants called.
  const tools: ToolSet = Object.fromEntries(
    question.tools.map(({ name, description, inputSchema }) => [
      name,
      tool({ description, inputSchema: jsonSchema(inputSchema) }),
    ]),
  );
  const { text, toolCalls, finishReason, usage } = await generateText({
    model,
    instructions: question.instructions,
    messages,
    tools,
    maxOutputTokens: question.maxOutputTokens,
    maxRetries: 0,
    abortSignal,
  });
  const calls = toolCalls.map(({ toolCallId, toolName, input, providerMetadata }): ModelCall => {
    const call = { id: toolCallId, name: toolName, input: input as unknown };
    return providerMetadata === undefined ? call : { ...call, metadata: providerMetadata };
  });
  return {
    text,
    calls,
    finish: FINISHES[finishReason] ?? 'other',
    usage: {
      input: usage.inputTokens ?? estimateTokens([question.instructions, messages, question.tools]),
      output: usage.outputTokens ?? estimateTokens([text, calls]),
      cached: usage.inputTokenDetails.cacheReadTokens ?? 0,
    },
  };
}

const FINISHES: Readonly<Record<string, ModelAnswer['finish']>> = {
  stop: 'stop',
  'tool-calls': 'calls',
  length: 'length',
  'content-filter': 'refused',
};

function toMessages({ answer: { text, calls }, results, remark }: Turn): ModelMessage[] {
  const said = text === '' ? [] : [{ type: 'text' as const, text }];
  const called = calls.map(({ id, name, input, metadata }) => ({
    type: 'tool-call' as const,
    toolCallId: id,
    toolName: name,
    input,
    ...(metadata === undefined ? {} : { providerOptions: metadata as NonNullable<ModelMessage['providerOptions']> }),
  }));
  const answered = calls.map(({ id, name }, at) => ({
    type: 'tool-result' as const,
    toolCallId: id,
    toolName: name,
    output: { type: 'text' as const, value: results[at] ?? '' },
  }));
  return [
    // Endpoints refuse an answer with nothing in it, so an empty one is a blank.
    { role: 'assistant', content: said.length + called.length === 0 ? ' ' : [...said, ...called] },
    ...(answered.length === 0 ? [] : [{ role: 'tool' as const, content: answered }]),
    ...(remark === undefined ? [] : [{ role: 'user' as const, content: remark }]),
  ];
}

function estimateTokens(value: unknown): number {
  return Math.ceil(JSON.stringify(value).length / CHARS_PER_TOKEN);
}
