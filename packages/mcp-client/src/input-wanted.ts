import { fieldOf } from './json-rpc.js';
import type { InputWanted } from './tool-call.js';

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
