import type { HttpReply } from './http-reply.js';
import { fieldOf } from './json-rpc.js';

const CONCEALED = '[redacted]';

/** A text without a secret that somebody who was shown it quotes. */
export function conceal(text: string, secret: string): string {
  return text.replaceAll(secret, CONCEALED);
}

/**
 * A reply that refuses or reports a failure, without the token that it was asked with: what a server says of that is shown to
 * people and written into records. A result that is none of the two is the tool's own, and is left as it is.
 */
export function concealToken(reply: HttpReply, token: string): HttpReply {
  const { text, answer } = reply;
  const concealed = text === '' ? reply : { ...reply, text: conceal(text, token) };
  if (answer === undefined || (answer.kind === 'result' && fieldOf(answer.result, 'isError') !== true))
    return concealed;
  const json = JSON.stringify(answer);
  return { ...concealed, answer: JSON.parse(conceal(json, JSON.stringify(token).slice(1, -1))) as typeof answer };
}
