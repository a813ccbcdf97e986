import { z } from 'zod';

const Message = z.looseObject({
  role: z.string(),
  content: z.union([z.string(), z.null(), z.array(z.looseObject({ text: z.string().optional() }))]).optional(),
});

/** The part of an OpenAI chat completion request that a script looks at; the rest may be anything. */
const Request = z.looseObject({
  model: z.string(),
  messages: z.array(Message).min(1).max(10_000),
  stream: z.boolean().optional(),
  tools: z.array(z.looseObject({ function: z.looseObject({ name: z.string() }).optional() })).optional(),
});

/** A conversation as far as it has come. */
export interface Conversation {
  readonly model: string;
  /** How many answers the model has given in it already. */
  readonly answers: number;
  /** Every text in it, in order. */
  readonly texts: readonly string[];
  /** Names of the tools that it offers. */
  readonly tools: readonly string[];
}

/** Reads a request, or says what is wrong with it. */
export function readConversation(body: unknown): Conversation | { readonly problem: string } {
  const parsed = Request.safeParse(body);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return { problem: `${issue?.path.join('.') || 'the body'}: ${issue?.message}` };
  }
  const { model, messages, stream, tools = [] } = parsed.data;
  if (stream === true) return { problem: 'stream: a scripted model does not stream' };
  return {
    model,
    answers: messages.filter(({ role }) => role === 'assistant').length,
    texts: messages.flatMap(({ content }) => {
      if (typeof content === 'string') return [content];
      return (content ?? []).map(({ text = '' }) => text);
    }),
    tools: tools.map(({ function: tool }) => tool?.name ?? ''),
  };
}
