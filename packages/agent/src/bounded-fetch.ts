import { ModelError } from './model-error.js';

/** Codes of failures before a connection was there, so that nothing can have been sent. */
const NOT_CONNECTED = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/**
 * A `fetch` that reads no more than `maxBytes` of an answer and follows no redirect, so that a key goes nowhere but to the
 * configured endpoint. Rejects with `ModelError`, unless its signal is aborted.
 */
export function createBoundedFetch(model: string, maxBytes: number): typeof fetch {
  return async (input, init) => {
    try {
      const response = await fetch(input, { ...init, redirect: 'manual' });
      const { status, statusText, headers } = response;
      const body = await readBody(response, maxBytes);
      return new Response(status === 204 || status === 304 ? null : body, { status, statusText, headers });
    } catch (error) {
      if (error instanceof ModelError || init?.signal?.aborted) throw error;
      const options = { cause: error };
      if (NOT_CONNECTED.has(codeOf(error)))
        throw new ModelError('MODEL_UNREACHABLE', 'not-sent', `model ${model} cannot be reached`, options);
      throw new ModelError('MODEL_ANSWER_LOST', 'unknown', `the connection to model ${model} broke`, options);
    }
  };
}

async function readBody(response: Response, maxBytes: number): Promise<Buffer<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes)
      throw new ModelError('MODEL_ANSWER_TOO_LARGE', 'invalid-result', `the answer has more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The code of what `fetch` failed for; of several addresses, the first one's. */
function codeOf(error: unknown): string {
  const { cause } = error as { cause?: { code?: unknown; errors?: readonly { code?: unknown }[] } };
  return String(cause?.code ?? cause?.errors?.[0]?.code);
}
