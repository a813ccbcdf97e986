import { fieldOf } from '../json-rpc.js';
import type { HttpReply } from './http-reply.js';

const CONCEALED = '[redacted]';

/** A text without secrets that somebody who was shown them quotes. */
export function conceal(text: string, ...secrets: readonly string[]): string {
  return secrets.reduce((concealed, secret) => concealed.replaceAll(secret, CONCEALED), text);
}

/** The same, in all texts that a JSON value has, names aside. */
export function concealIn<Value>(value: Value, secret: string): Value {
  if (typeof value === 'string') return conceal(value, secret) as Value;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((one: unknown) => concealIn(one, secret)) as Value;
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [name, concealIn<unknown>(one, secret)]),
  ) as Value;
}

/**
 * A reply that refuses, reports a failure or wants to know more, without the token that it was asked with: what a server says of
 * that is shown to people and written into records. Any other result is the tool's own, and is left as it is, and so is the state
 * that a server wants back.
 */
export function concealToken(reply: HttpReply, token: string): HttpReply {
  const { text, answer } = reply;
  const concealed = text === '' ? reply : { ...reply, text: conceal(text, token) };
  if (answer === undefined) return concealed;
  if (answer.kind !== 'result') return { ...concealed, answer: concealIn(answer, token) };
  const { result } = answer;
  if (fieldOf(result, 'isError') === true) return { ...concealed, answer: concealIn(answer, token) };
  const inputRequests = fieldOf(result, 'inputRequests');
  if (inputRequests === undefined) return concealed;
  const asking = { ...(result as object), inputRequests: concealIn(inputRequests, token) };
  return { ...concealed, answer: { ...answer, result: asking, wire: { ...(answer.wire as object), result: asking } } };
}
