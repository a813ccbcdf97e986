import { z } from 'zod';

const MAX_TEXT = 100_000;

/**
 * What can go wrong before an answer, seen from the caller:
 * - `http-error`: HTTP `status` (default 500), with `Retry-After` where `retryAfterSeconds` is given.
 * - `hang`: no answer, until the caller leaves or this process stops.
 * - `cut`: the connection is reset.
 * - `garbage`: HTTP 200 and something that is not JSON.
 */
const Fault = z.strictObject({
  kind: z.enum(['http-error', 'hang', 'cut', 'garbage']),
  /** How many requests it strikes, counted over all conversations, until the scripts are replaced. */
  times: z.int().min(1).max(1_000_000).default(1),
  status: z.int().min(400).max(599).default(500),
  retryAfterSeconds: z.int().min(0).max(3_600).optional(),
});

const Call = z.strictObject({
  /**
   * The tool's name as the model is told it. It need not be one that was offered. With a `*` at its end it is the first
   * that was offered whose name begins so.
   */
  tool: z.string().min(1).max(256),
  /** An object, or text that is sent as it stands: the way to malformed arguments. */
  arguments: z.union([z.record(z.string(), z.unknown()), z.string().max(MAX_TEXT)]).default({}),
});

const Usage = z.strictObject({
  input: z.int().min(0).max(10_000_000).default(100),
  output: z.int().min(0).max(10_000_000).default(10),
  /** How many of the input tokens came out of the model's cache. */
  cached: z.int().min(0).max(10_000_000).default(0),
});

/** One answer. Without text and without calls it is an empty one. */
const Answer = z.strictObject({
  text: z.string().max(MAX_TEXT).default(''),
  calls: z.array(Call).max(2_000).default([]),
  /** Why the model stopped. Default: `tool_calls` where there are calls, else `stop`. */
  finish: z.enum(['stop', 'length', 'content_filter', 'tool_calls']).optional(),
  usage: Usage.prefault({}),
  faults: z.array(Fault).max(100).default([]),
});

/** Words with one `*` among them, which stands for what is taken. */
const Taken = z
  .string()
  .max(200)
  .regex(/^[^*]+\*[^*]+$/, 'must have one * with words before and after it');

const Script = z.strictObject({
  name: z.string().min(1).max(100),
  /** Words that a conversation must have in one of its messages. Left out: it is for every conversation. */
  when: z.string().min(1).max(1_000).optional(),
  /**
   * What is taken out of the conversation, by name: of `"id":"*"` what stands in the place of the star, in the first text
   * that has it. `{name}` in an answer's text and in its arguments is replaced by it.
   */
  take: z.record(z.string().regex(/^[A-Za-z][A-Za-z0-9]{0,31}$/), Taken).default({}),
  /** The name in `take` of what a conversation is about: the questions of each are counted, see `GET /witness`. */
  count: z.string().optional(),
  /** How many answers the conversation has had when this script takes it over with its first. */
  from: z.int().min(0).max(1_000).default(0),
  answers: z.array(Answer).min(1).max(1_000),
  /** Whether the last answer is given for ever. Without it, a conversation past the last answer is refused. */
  repeat: z.boolean().default(false),
});

/** The shape of `PUT /scripts` and of a scripts file. */
export const Scripts = z.array(Script).max(1_000);

export type Fault = z.output<typeof Fault>;
export type Answer = z.output<typeof Answer>;
/** What the model says in one kind of conversation, answer by answer. */
export type Script = z.output<typeof Script>;
