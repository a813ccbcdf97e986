import { request } from './request';

/** Whose key it is, and whether its holder may only look. */
export interface Me {
  readonly name: string;
  readonly role: string;
  readonly readOnly: boolean;
}

export function readMe(signal: AbortSignal): Promise<Me> {
  return request('GET', 'v1/me', { signal });
}
