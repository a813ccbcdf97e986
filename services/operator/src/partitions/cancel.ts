import {
  type Cancellation,
  cancelEvent,
  isFinalState,
  type Partitions,
  readWholeRecord,
} from '@millrace/stream-client';

/** As `cancelEvent`, of deliveries that went on in other partitions as well. Repeating it is harmless. */
export async function cancelWherever(
  partitions: Partitions,
  ref: string,
  only: string | undefined,
): Promise<Cancellation | undefined> {
  const own = await cancelEvent(partitions.ofRef(ref) ?? partitions.home, ref, only);
  const record = own && (await readWholeRecord(partitions, ref));
  if (own === undefined || record === undefined) return own;
  const isMeant = (route: string) => only === undefined || route === only;
  const elsewhere = await Promise.all(
    record.deliveries.map(async ({ route, movedTo }) => {
      if (movedTo === undefined || !isMeant(route)) return [];
      const there = await cancelEvent(partitions.ofRef(movedTo) ?? partitions.home, movedTo, route);
      return there?.cancelled ?? [];
    }),
  );
  const cancelled = [...own.cancelled, ...elsewhere.flat()];
  const after = (await readWholeRecord(partitions, ref))?.deliveries ?? [];
  const left = after.filter(({ route, state }) => isMeant(route) && !isFinalState(state) && !cancelled.includes(route));
  return { cancelled, left: left.map(({ route, state }) => ({ route, state })) };
}
