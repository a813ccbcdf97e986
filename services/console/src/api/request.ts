import { Refusal, toRefusal } from './refusal';
import { isReachable, key, wantsKey } from './session';

/** Longest wait for an answer, in ms. */
const TIMEOUT_MS = 15_000;

/** Conditions and pages of a list; what is undefined or empty is not sent. */
export type Query = Readonly<Record<string, string | number | undefined>>;

/** What goes along with a request. */
export interface RequestParts {
  readonly query?: Query;
  readonly body?: unknown;
  /** A body that is JSON text already, in place of `body`. */
  readonly json?: string;
  readonly signal?: AbortSignal;
}

/**
 * Asks the operator, with the key of this tab. Resolves with the answer as JSON, undefined when it has no body. Throws a
 * `Refusal`; a 401 also shows the form for the key.
 */
export async function request<Answer>(
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  { query = {}, body, json, signal }: RequestParts = {},
): Promise<Answer> {
  const text = json ?? (body === undefined ? undefined : JSON.stringify(body));
  const response = await send(method, path, query, text, signal);
  isReachable.value = true;
  if (response.status === 401) wantsKey.value = true;
  if (!response.ok) throw await toRefusal(response);
  return (response.status === 204 ? undefined : await response.json()) as Answer;
}

async function send(
  method: string,
  path: string,
  query: Query,
  body: string | undefined,
  signal: AbortSignal | undefined,
): Promise<Response> {
  const limit = AbortSignal.timeout(TIMEOUT_MS);
  const headers = { ...keyHeader(), ...(body === undefined ? {} : { 'content-type': 'application/json' }) };
  const init = body === undefined ? {} : { body };
  try {
    return await fetch(withQuery(path, query), {
      ...init,
      method,
      headers,
      redirect: 'error',
      credentials: 'omit',
      signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    isReachable.value = false;
    throw new Refusal(0, 'UNREACHABLE', 'the operator does not answer');
  }
}

/** The header that carries the key of this tab. */
export function keyHeader(): Record<string, string> {
  return key.value === undefined ? {} : { authorization: `Bearer ${key.value}` };
}

/** A path with its query, below where the console is mounted. */
export function withQuery(path: string, query: Query): string {
  const set = Object.entries(query).filter(([, value]) => value !== undefined && value !== '');
  const search = new URLSearchParams(set.map(([name, value]) => [name, String(value)])).toString();
  return search === '' ? path : `${path}?${search}`;
}
