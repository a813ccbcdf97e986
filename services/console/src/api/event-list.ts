import type { Page } from './page';
import { request } from './request';

/** An event as a list shows it: without its data. */
export interface EventItem {
  readonly ref: string;
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject?: string;
  readonly partitionkey?: string;
  readonly acceptedAt: string;
  readonly state: string;
  readonly routes: readonly { readonly id: string; readonly state: string }[];
}

/** By what events are searched. Texts as the operator takes them; times as RFC 3339. */
export const SEARCH_NAMES = [
  'text',
  'type',
  'state',
  'route',
  'source',
  'subject',
  'key',
  'id',
  'since',
  'until',
] as const;
export type EventSearch = Partial<Record<(typeof SEARCH_NAMES)[number], string>>;

/** The states by which events can be searched: those of events, and those of their deliveries. */
export const STATES = [
  'open',
  'scheduled',
  'waiting',
  'running',
  'retrying',
  'parked',
  'done',
  'dead',
  'expired',
  'moved',
] as const;

/** The latest first. A page may be short, or empty, and still have `next`. */
export function searchEvents(
  search: EventSearch,
  page: { limit: number; cursor?: string | undefined },
  signal: AbortSignal,
): Promise<Page<EventItem>> {
  return request('GET', 'v1/events', { query: { ...search, ...page }, signal });
}
