import { PlatformError } from '@millrace/core';
import type { ToolCallClass } from '@millrace/mcp-client';
import { APICallError } from 'ai';

/** Every code, and whether the same question may be answered later without anybody changing anything. */
const RETRYABLE = {
  /** HTTP 401 or 403. */
  MODEL_UNAUTHORIZED: false,
  /** HTTP 429, or 503 with Retry-After. */
  MODEL_THROTTLED: true,
  /** Another 4xx, or a redirect: a model that is not there, a conversation that is too long. */
  MODEL_REQUEST_REJECTED: false,
  /** HTTP 5xx. */
  MODEL_SERVER_ERROR: true,
  /** No connection. */
  MODEL_UNREACHABLE: true,
  /** The connection broke before the answer was whole. */
  MODEL_ANSWER_LOST: true,
  /** The time for one answer ran out. */
  MODEL_TIMEOUT: true,
  /** The caller's signal was aborted. */
  MODEL_ABORTED: true,
  /** What came back is no answer. */
  MODEL_ANSWER_INVALID: true,
  /** The answer is larger than what is kept. */
  MODEL_ANSWER_TOO_LARGE: false,
} as const;

export type ModelErrorCode = keyof typeof RETRYABLE;

/**
 * Why a model did not answer, classed as the failure of a tool call is. Asking again has no effect on the world whatever
 * the class; it may cost the tokens once more.
 */
export class ModelError extends PlatformError<ModelErrorCode> {
  readonly class: ToolCallClass;
  readonly retryAfterMs?: number;

  constructor(
    code: ModelErrorCode,
    errorClass: ToolCallClass,
    message: string,
    { retryAfterMs, cause }: { readonly retryAfterMs?: number | undefined; readonly cause?: unknown } = {},
  ) {
    super(code, message, { retryable: RETRYABLE[code], cause });
    this.class = errorClass;
    if (retryAfterMs !== undefined) this.retryAfterMs = retryAfterMs;
  }
}

const MAX_RETRY_AFTER_MS = 3_600_000;

/** Whatever the AI SDK throws, as ours. The answer's text stays out of the message: it may quote the conversation. */
export function toModelError(thrown: unknown, model: string): ModelError {
  const chain = causesOf(thrown);
  const ours = chain.find((one) => one instanceof ModelError);
  if (ours !== undefined) return ours;
  const options = { cause: thrown };
  const { statusCode: status = 0, responseHeaders } = chain.find((one) => APICallError.isInstance(one)) ?? {};
  if (status < 300)
    return new ModelError('MODEL_ANSWER_INVALID', 'invalid-result', `model ${model} sent no usable answer`, options);
  const retryAfterMs = readRetryAfter(responseHeaders?.['retry-after']);
  const message = `model ${model} answered ${status}`;
  if (status === 401 || status === 403) return new ModelError('MODEL_UNAUTHORIZED', 'refused', message, options);
  if (status === 429 || (status === 503 && retryAfterMs !== undefined))
    return new ModelError('MODEL_THROTTLED', 'refused', message, { ...options, retryAfterMs });
  if (status < 500) return new ModelError('MODEL_REQUEST_REJECTED', 'refused', message, options);
  return new ModelError('MODEL_SERVER_ERROR', 'unknown', message, { ...options, retryAfterMs });
}

/** What was thrown, and what that was thrown for, and so on. */
function causesOf(thrown: unknown): readonly unknown[] {
  const chain: unknown[] = [];
  for (let at = thrown; typeof at === 'object' && at !== null && chain.length < 10; at = (at as Error).cause)
    chain.push(at);
  return chain;
}

/** Seconds or a date, as RFC 9110 has it; undefined for anything else. */
function readRetryAfter(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = /^\d+$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), MAX_RETRY_AFTER_MS);
}
