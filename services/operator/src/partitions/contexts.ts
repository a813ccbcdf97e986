import {
  type ContextPage,
  clearContext,
  getContext,
  listContexts,
  type Partitions,
  type StoredContext,
} from '@millrace/stream-client';
import { ofEach } from './in-turn.js';

/** Partitions that one page looks into: where they are empty, the page is, and goes on. */
const MAX_LOOKED = 64;

/** As `listContexts`, partition by partition: in each, the last to be forgotten first. */
export async function listAllContexts(
  { all, home }: Partitions,
  { limit, cursor }: { readonly limit: number; readonly cursor?: string },
): Promise<ContextPage | undefined> {
  if (all.length === 1) return listContexts(home, { limit, ...(cursor === undefined ? {} : { cursor }) });
  const [, number = '0', within] = /^(\d{1,9})(?:\.(\d{1,9}))?$/.exec(cursor ?? '0') ?? [];
  if (cursor !== undefined && !/^\d{1,9}(\.\d{1,9})?$/.test(cursor)) return undefined;
  const items: StoredContext[] = [];
  let from = within;
  const first = Number(number);
  for (let at = first; at < all.length && at < first + MAX_LOOKED; at++) {
    const stream = all[at];
    if (stream === undefined) break;
    const page = await listContexts(stream, {
      limit: limit - items.length,
      ...(from === undefined ? {} : { cursor: from }),
    });
    items.push(...(page?.items ?? []));
    if (page?.next !== undefined) return { items, next: `${at}.${page.next}` };
    if (items.length === limit) return at + 1 < all.length ? { items, next: String(at + 1) } : { items };
    from = undefined;
  }
  return first + MAX_LOOKED < all.length ? { items, next: String(first + MAX_LOOKED) } : { items };
}

/** The context of this id, in whichever partition it is. */
export async function findContext({ all }: Partitions, id: string): Promise<StoredContext | undefined> {
  return (await ofEach(all, (stream) => getContext(stream, id))).find((context) => context !== undefined);
}

/** Forgets a context wherever something is remembered of it. Resolves with whether there was anything. */
export async function clearEverywhere({ all }: Partitions, id: string): Promise<boolean> {
  return (await ofEach(all, (stream) => clearContext(stream, id))).includes(true);
}
