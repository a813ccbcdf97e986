import type { Cause } from './cause';
import type { DeadLetterFilter } from './dead-letters';
import { request } from './request';

/** What dead letters died of. */
export interface Causes {
  /** The most frequent first. */
  readonly items: readonly Cause[];
  /** Letters that the filter accepts, whatever they died of. */
  readonly matched: number;
  /** Dead letters that were looked at: the latest. */
  readonly scanned: number;
  /** Whether those were all. */
  readonly complete: boolean;
}

/** What the dead letters that a filter accepts died of. */
export function listCauses(filter: DeadLetterFilter, signal: AbortSignal): Promise<Causes> {
  return request('GET', 'v1/dead-letters/causes', { query: filter, signal });
}
