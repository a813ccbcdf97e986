import type { EffectTarget } from '@millrace/ledger';
import type { InputGiven, ToolCallError, ToolResult } from '@millrace/mcp-client';
import type { Asked } from '@millrace/stream-client';
import type { AnsweredInput } from './plan.js';

/** What the ledger notes of an effect after its call has failed. */
export function stateAfter(error: ToolCallError): 'failed' | 'not-sent' | 'unknown' {
  return STATE_AFTER[error.class];
}

const STATE_AFTER: Readonly<Record<ToolCallError['class'], 'failed' | 'not-sent' | 'unknown'>> = {
  'not-sent': 'not-sent',
  refused: 'failed',
  'failed-by-tool': 'failed',
  unknown: 'unknown',
  // It was carried out, but its answer is not one that could be served.
  'invalid-result': 'unknown',
  // Asked before it did anything: it will be sent with the answer, under whatever guarantee.
  'needs-input': 'not-sent',
};

/** The part of a tool's result that people, expressions and handlers work with. */
export function usableResult(result: ToolResult): unknown {
  return result.structuredContent ?? result.content;
}

/** Bytes of JSON of a question that is kept; one that is larger cannot be waited for. */
const MAX_ASKED_BYTES = 65_536;

/**
 * What a call asks for before it goes on, and with what it was made, as far as both together can be kept; undefined when it
 * asks for nothing that could be answered later.
 */
export function askedBy(error: ToolCallError, attempt: number, step: string, target: EffectTarget): Asked | undefined {
  if (error.class !== 'needs-input' || error.input === undefined) return undefined;
  const { requests, requestState } = error.input;
  const { server, tool } = target;
  const state = requestState === undefined ? {} : { requestState };
  const asked = { attempt, step, server, tool, requests, ...state, askedAt: Date.now() };
  return boundAsked({ ...asked, arguments: target.arguments }) ?? boundAsked(asked);
}

/** What can be kept, and so waited for; undefined for what is too large. */
export function boundAsked(asked: Asked): Asked | undefined {
  return Buffer.byteLength(JSON.stringify(asked)) > MAX_ASKED_BYTES ? undefined : asked;
}

/** The answer that belongs to this call; undefined when there is none. */
export function inputFor(step: string, input: AnsweredInput | undefined): { readonly input?: InputGiven } {
  if (input === undefined || input.asks.step !== step) return {};
  const { requestState } = input.asks;
  return { input: { responses: input.responses, ...(requestState === undefined ? {} : { requestState }) } };
}
