import {
  type Cancellation,
  cancelEvent,
  isFinalState,
  type Partitions,
  readWholeRecord,
} from '@millrace/stream-client';

/**
 * As `cancelEvent`, of deliveries that went on in other partitions as well. What has been cancelled is told, though another
 * partition be away by then: what went on there is left. Repeating it is harmless.
 */
export async function cancelWherever(
  partitions: Partitions,
  ref: string,
  only: string | undefined,
): Promise<Cancellation | undefined> {
  const isMeant = (route: string) => only === undefined || route === only;
  // Read first: it fails before anything is done.
  const before = await readWholeRecord(partitions, ref);
  const own = before && (await cancelEvent(partitions.ofRef(ref) ?? partitions.home, ref, only));
  if (before === undefined || own === undefined) return undefined;
  const moved = before.deliveries.flatMap(({ route, movedTo }) =>
    movedTo !== undefined && isMeant(route) ? [{ route, movedTo }] : [],
  );
  const ends = await Promise.allSettled(
    moved.map(({ route, movedTo }) => cancelEvent(partitions.ofRef(movedTo) ?? partitions.home, movedTo, route)),
  );
  const elsewhere = ends.flatMap((end) => (end.status === 'fulfilled' && end.value?.cancelled) || []);
  const cancelled = [...own.cancelled, ...elsewhere];
  const failure = ends.find((end) => end.status === 'rejected');
  if (failure !== undefined && cancelled.length === 0) throw failure.reason;
  const after = await readWholeRecord(partitions, ref).catch(() => before);
  const left = (after ?? before).deliveries.filter(
    ({ route, state }) => isMeant(route) && !isFinalState(state) && !cancelled.includes(route),
  );
  return { cancelled, left: left.map(({ route, state }) => ({ route, state })) };
}
