import {
  type Approval,
  type ApprovalPage,
  listApprovals,
  type Partitions,
  type Position,
  parseCursor,
  toCursor,
} from '@millrace/stream-client';
import { ofEach } from './in-turn.js';
import { mergeParts } from './merge-parts.js';

/** As `listApprovals`, over all partitions. */
export async function listAllApprovals(
  { all, home }: Partitions,
  options: { readonly limit: number; readonly cursor?: string },
): Promise<ApprovalPage | undefined> {
  if (all.length === 1) return listApprovals(home, options);
  const pages = await ofEach(all, (stream) => listApprovals(stream, options));
  if (pages.includes(undefined)) return undefined;
  const parts = pages.map((page) => {
    const found = (page?.items ?? []).map((item): Place => ({ ...placeOf(item), item }));
    // Not the place of the last one: what was answered meanwhile is left out, and a page may be empty and go on.
    const next = page?.next === undefined ? undefined : parseCursor(page.next);
    return next === undefined ? { found } : { found, next };
  });
  const { places, next } = mergeParts<Place>(parts, comparePlaces, options.limit);
  const items = places.flatMap(({ item }) => (item === undefined ? [] : [item]));
  return next === undefined ? { items } : { items, next: toCursor(next) };
}

/** A place in the list; without an item where it was only looked at. */
interface Place extends Position {
  readonly item?: Approval;
}

/** The soonest to expire first; of one moment, as Redis orders them. */
function comparePlaces(a: Place, b: Place): number {
  if (a.deadAt !== b.deadAt) return a.deadAt - b.deadAt;
  return a.member === b.member ? 0 : a.member < b.member ? -1 : 1;
}

function placeOf({ ref, delivery, expiresAt }: Approval): Place {
  return { member: `${ref} ${delivery.route}`, deadAt: expiresAt.getTime() };
}
