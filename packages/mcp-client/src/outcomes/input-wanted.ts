import { fieldOf } from '../json-rpc.js';

/** What a tool wants to know before it goes on (MCP 2026-07-28, `input_required`), as the server sent it. */
export interface InputWanted {
  /** By the server's own names; each an elicitation, sampling or roots request. */
  readonly requests: Readonly<Record<string, unknown>>;
  /** Opaque, and to be handed back unchanged. With it, any process may go on with the call. */
  readonly requestState?: string;
}

/** The answers to `InputWanted.requests`, under the same names. */
export interface InputGiven {
  readonly responses: Readonly<Record<string, unknown>>;
  readonly requestState?: string;
}

/** Reads what an `input_required` result asks for; undefined for any other, and for one that asks for nothing. */
export function parseInputWanted(result: unknown): InputWanted | undefined {
  if (fieldOf(result, 'resultType') !== 'input_required') return undefined;
  const requests = fieldOf(result, 'inputRequests');
  const requestState = fieldOf(result, 'requestState');
  const asked = typeof requests === 'object' && requests !== null && !Array.isArray(requests) ? requests : {};
  if (Object.keys(asked).length === 0 && typeof requestState !== 'string') return undefined;
  return {
    requests: asked as Record<string, unknown>,
    ...(typeof requestState === 'string' ? { requestState } : {}),
  };
}
