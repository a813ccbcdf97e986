import { randomBytes } from 'node:crypto';
import { cleanText, explainFence, fenceOff } from './fence.js';
import { type Fading, MAX_SUMMARY_CHARS } from './memory.js';
import type { AskModel, ModelUsage } from './model-answer.js';
import { ModelError } from './model-error.js';

/** How the words for what fades out of a memory came out: `none` where the model has none, and why. */
export type Summarized =
  | { readonly kind: 'words'; readonly text: string; readonly usage: ModelUsage; readonly by?: string }
  | { readonly kind: 'none'; readonly why: string; readonly usage?: ModelUsage; readonly by?: string };

/** What a summary may take at most. */
export interface SummaryRoom {
  /** In and out together. */
  readonly tokens: number;
  /** Of the answer alone. */
  readonly maxOutputTokens: number;
  readonly timeMs: number;
}

/** Tokens of a summary, and those below which it is not worth to be asked for. */
const MAX_OUTPUT_TOKENS = 1_000;
const MIN_OUTPUT_TOKENS = 16;
/** Characters of a token, about; how many it is exactly only the model knows. */
const CHARS_PER_TOKEN = 4;
const MAX_TIMER_MS = 2_147_483_647;
const INSTRUCTIONS = [
  'Sum up what is remembered of earlier events, for whoever works on the next one: who and what it was about, what was',
  'decided and done, what is still open. Keep names, numbers and identifiers. Leave out what does not matter any more.',
  'Write 300 words at most, and nothing else.',
].join(' ');

/**
 * Asks a model once to put what fades out of a memory into fewer words, where there is room for the question and an answer.
 * A model that fails, takes too long, or has no words, is no reason for anything to fail: the memory then goes by its
 * rules. Rejects only when the signal is aborted.
 */
export async function summarize(
  fading: Fading,
  ask: AskModel,
  { tokens, maxOutputTokens, timeMs }: SummaryRoom,
  signal: AbortSignal,
): Promise<Summarized> {
  const token = randomBytes(9).toString('hex');
  const question = {
    instructions: `${INSTRUCTIONS}\n\n${explainFence(token)}`,
    opening: fenceOff(JSON.stringify({ before: fading.summary, events: fading.turns }), token),
    turns: [],
    tools: [],
  };
  const asked = Math.ceil((question.instructions.length + question.opening.length) / CHARS_PER_TOKEN);
  const outputTokens = Math.min(maxOutputTokens, MAX_OUTPUT_TOKENS, tokens - asked);
  if (outputTokens < MIN_OUTPUT_TOKENS) return { kind: 'none', why: 'tokens' };
  if (timeMs <= 0) return { kind: 'none', why: 'seconds' };
  const time = AbortSignal.timeout(Math.min(timeMs, MAX_TIMER_MS));
  try {
    const { text, finish, usage, by } = await ask(
      { ...question, maxOutputTokens: outputTokens },
      AbortSignal.any([signal, time]),
    );
    const facts = { usage, ...(by === undefined ? {} : { by }) };
    const isWhole = finish === 'stop' && text.trim() !== '';
    // It is kept as a step, of which there is only so much room.
    return isWhole
      ? { kind: 'words', text: cleanText(text.trim(), MAX_SUMMARY_CHARS), ...facts }
      : { kind: 'none', why: finish, ...facts };
  } catch (error) {
    if (!(error instanceof ModelError) || signal.aborted) throw error;
    return { kind: 'none', why: time.aborted ? 'seconds' : error.code };
  }
}
