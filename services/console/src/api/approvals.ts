import type { Asks, Attributes } from './events';
import type { Page } from './page';
import { request } from './request';

/** A parked delivery: somebody has to say something before it goes on. */
export interface Approval {
  readonly id: string;
  readonly ref: string;
  readonly route: string;
  readonly attempts: number;
  readonly expiresAt: string;
  readonly asks: Asks;
  readonly event: Attributes | null;
}

/** An answer to one request, as MCP words it. */
export interface Answer {
  readonly action: 'accept' | 'decline' | 'cancel';
  readonly content?: Record<string, unknown>;
}

/** Soonest to expire first. */
export function listApprovals(signal: AbortSignal): Promise<Page<Approval>> {
  return request('GET', 'v1/approvals', { query: { limit: 100 }, signal });
}

/** Answers everything that one of them asks, as it was shown: what it asks by now may be something else, and is refused. */
export function answerApproval(
  { id, attempts: attempt }: Pick<Approval, 'id' | 'attempts'>,
  responses: Readonly<Record<string, Answer>>,
): Promise<unknown> {
  return request('POST', `v1/approvals/${encodeURIComponent(id)}`, { body: { responses, attempt } });
}
