import type { HttpClient } from '../http-client.js';
import type { DeadLetterFacts } from './history.js';

const PAGE = 200;
/** More pages than this are not read; the list is then not complete. */
const MAX_PAGES = 1_000;

/** A consumer as the operator shows it. Its name holds the process id between hyphens. */
export interface ConsumerFacts {
  readonly name: string;
  readonly pending: number;
}

/** A dead letter of this run, with the id under which it can be given up. */
export interface OwnDeadLetter extends DeadLetterFacts {
  readonly id: string;
}

/** Throws `CliError` when the operator does not answer as it should. */
export async function listConsumers(operator: HttpClient): Promise<readonly ConsumerFacts[]> {
  const { body } = await operator.request({ path: '/v1/consumers', timeoutMs: 3_000 });
  return (body as { readonly items: readonly ConsumerFacts[] }).items;
}

/** Entries that are read and not settled, over all consumers, dead ones included. */
export async function countPending(operator: HttpClient): Promise<number> {
  return (await listConsumers(operator)).reduce((sum, { pending }) => sum + pending, 0);
}

/** The dead letters of events whose id begins with `prefix`, none of which is older than `since` (ms since 1970). */
export async function listOwnDeadLetters(
  operator: HttpClient,
  prefix: string,
  since: number,
): Promise<readonly OwnDeadLetter[]> {
  const found: OwnDeadLetter[] = [];
  let cursor: string | undefined;
  for (let pages = 0; pages < MAX_PAGES; pages += 1) {
    const query = new URLSearchParams({ limit: String(PAGE), ...(cursor === undefined ? {} : { cursor }) });
    const { body } = await operator.request({ path: `/v1/dead-letters?${query.toString()}` });
    const page = body as {
      readonly items: readonly { id: string; deadAt: string; reason?: string; event: { id?: string } | null }[];
      readonly next?: string;
    };
    for (const { id, event, reason } of page.items) {
      if (event?.id?.startsWith(prefix)) found.push({ id, eventId: event.id, reason: reason ?? 'none' });
    }
    const oldest = page.items.at(-1);
    if (page.next === undefined || (oldest !== undefined && Date.parse(oldest.deadAt) < since)) return found;
    cursor = page.next;
  }
  throw new Error(`there are more than ${MAX_PAGES * PAGE} dead letters since this run began`);
}

/** Gives dead letters up, one after the other. One that is gone already is fine. */
export async function discardDeadLetters(operator: HttpClient, letters: readonly OwnDeadLetter[]): Promise<void> {
  for (const { id } of letters) {
    await operator.exchange({ method: 'DELETE', path: `/v1/dead-letters/${encodeURIComponent(id)}` });
  }
}
