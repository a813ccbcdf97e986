import type { Exchange } from '../http-client.js';

/** What one answer to a post says about its event. `refused`: certainly not stored by this post. */
export type PostAnswer =
  | { readonly kind: 'accepted'; readonly ref: string; readonly isDuplicate: boolean }
  | { readonly kind: 'refused'; readonly mayComeBack: boolean }
  | { readonly kind: 'unsure' };

/** The 503s of a producer that has written nothing. Any other one may hide an append whose answer was lost. */
const NOTHING_WRITTEN = new Set(['STREAM_BACKLOG_FULL', 'STREAM_OVERLOADED']);

/** Reads an answer the careful way: only a 202 with a ref was accepted, and only what is known to be refused was. */
export function readPostAnswer(exchange: Exchange): PostAnswer {
  if (exchange.kind !== 'answered') {
    return exchange.kind === 'unsent' ? { kind: 'refused', mayComeBack: true } : { kind: 'unsure' };
  }
  const { status, body } = exchange.answer;
  const fields: Readonly<Record<string, unknown>> = body !== null && typeof body === 'object' ? { ...body } : {};
  if (status === 202 && typeof fields.ref === 'string') {
    return { kind: 'accepted', ref: fields.ref, isDuplicate: fields.duplicate === true };
  }
  if (status === 429 || (status === 503 && NOTHING_WRITTEN.has(String(fields.code)))) {
    return { kind: 'refused', mayComeBack: true };
  }
  // A 408 may come from something in between, which cannot know.
  const isSure = status >= 400 && status < 500 && status !== 408;
  return isSure ? { kind: 'refused', mayComeBack: false } : { kind: 'unsure' };
}
