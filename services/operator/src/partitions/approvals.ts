import { type Approval, type ApprovalPage, listApprovals, type Partitions, toCursor } from '@millrace/stream-client';
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
    const { items: found = [], next } = page ?? {};
    const last = found.at(-1);
    return next === undefined || last === undefined ? { found } : { found, next: last };
  });
  const { places, next } = mergeParts(parts, compareExpiry, options.limit);
  return next === undefined ? { items: places } : { items: places, next: toCursor(placeOf(next)) };
}

function compareExpiry(a: Approval, b: Approval): number {
  const [left, right] = [placeOf(a), placeOf(b)];
  if (left.deadAt !== right.deadAt) return left.deadAt - right.deadAt;
  return left.member === right.member ? 0 : left.member < right.member ? -1 : 1;
}

function placeOf({ ref, delivery, expiresAt }: Approval) {
  return { member: `${ref} ${delivery.route}`, deadAt: expiresAt.getTime() };
}
