import { send } from '../connection/connection.js';
import type { Stream } from '../stream.js';

/** What somebody did to dead letters or events. */
export interface Act {
  /** A stable word, such as `dead-letter.redrive`. */
  readonly action: string;
  /** The id or ref that it was done to; for many, the filter as JSON. */
  readonly target: string;
  /** How many deliveries it concerned. */
  readonly count: number;
  /** The address of whoever asked; absent for what a job did by itself. */
  readonly from?: string;
  /** Whose key it was; absent for what a job did by itself. */
  readonly by?: string;
  /** What whoever asked said about it. */
  readonly note?: string;
}

/** An act in the audit list. */
export interface AuditEntry extends Act {
  readonly id: string;
  /** By Redis' clock. */
  readonly at: Date;
}

export interface AuditPage {
  readonly items: readonly AuditEntry[];
  /** Where the next page begins; absent on the last one. */
  readonly next?: string;
}

/** Acts that the list keeps. */
const MAX_ACTS = 1_000;

/** Writes an act to the audit list, which keeps the latest 1,000. */
export async function recordAct(stream: Stream, act: Act): Promise<void> {
  const fields = ['action', act.action, 'target', act.target, 'count', act.count];
  if (act.from !== undefined) fields.push('from', act.from);
  if (act.by !== undefined) fields.push('by', act.by);
  if (act.note !== undefined) fields.push('note', act.note);
  await send('XADD', stream.redis.xadd(stream.keys.audit, 'MAXLEN', '=', MAX_ACTS, '*', 'format', '1', ...fields));
}

/**
 * Acts, the latest first, at most `limit` of them (1 to 200). `cursor` is `next` of the page before. Resolves with
 * undefined for a cursor that is none.
 */
export async function listActs(
  stream: Stream,
  { limit, cursor }: { readonly limit: number; readonly cursor?: string },
): Promise<AuditPage | undefined> {
  if (cursor !== undefined && !/^\d{1,16}-\d{1,16}$/.test(cursor)) return undefined;
  const end = cursor === undefined ? '+' : `(${cursor}`;
  const found = await send('XREVRANGE', stream.redis.xrevrange(stream.keys.audit, end, '-', 'COUNT', limit + 1));
  const items = found.slice(0, limit).map(([id, flat]) => toAct(id, flat));
  const last = found.length > limit ? items.at(-1) : undefined;
  return { items, ...(last === undefined ? {} : { next: last.id }) };
}

function toAct(id: string, flat: readonly string[]): AuditEntry {
  const fields = new Map<string, string>();
  for (let i = 0; i + 1 < flat.length; i += 2) fields.set(flat[i] as string, flat[i + 1] as string);
  const from = fields.get('from');
  const by = fields.get('by');
  const note = fields.get('note');
  return {
    id,
    at: new Date(Number.parseInt(id, 10)),
    action: fields.get('action') ?? '',
    target: fields.get('target') ?? '',
    count: Number(fields.get('count')),
    ...(from === undefined ? {} : { from }),
    ...(by === undefined ? {} : { by }),
    ...(note === undefined ? {} : { note }),
  };
}
