/** Rows as they stay on the page while later ones wait. */
export interface HeldRows<Item> {
  /** Those that are shown, in their places; what somebody has read on from them comes after. */
  readonly items: readonly Item[];
  /** Rows that are not shown yet. */
  readonly news: number;
}

/**
 * What to show in place of later rows so that nothing moves; undefined where nothing moves with the later rows either.
 * Rows that are kept stand as they are by now, or with `asTheyWere` as they were.
 */
export function holdRows<Item>(
  shown: readonly Item[],
  later: readonly Item[],
  idOf: (item: Item) => string,
  asTheyWere = false,
): HeldRows<Item> | undefined {
  const [last] = shown.slice(-1).map(idOf);
  // From nothing to something and back no row moves from under anybody's hand.
  if (last === undefined || later.length === 0) return undefined;
  const lastAt = later.findIndex((item) => idOf(item) === last);
  if (lastAt === shown.length - 1 && later.slice(0, lastAt).every((item, at) => isSame(item, shown[at], idOf)))
    return undefined;
  const known = new Set(shown.map(idOf));
  const isNew = (item: Item) => !known.has(idOf(item));
  const beyond = lastAt === -1 ? [] : later.slice(lastAt + 1).filter(isNew);
  const byNow = new Map(asTheyWere ? [] : later.map((item) => [idOf(item), item]));
  const kept = shown.map((item) => byNow.get(idOf(item)) ?? item);
  return { items: [...kept, ...beyond], news: later.filter(isNew).length - beyond.length };
}

function isSame<Item>(item: Item, other: Item | undefined, idOf: (item: Item) => string): boolean {
  return other !== undefined && idOf(item) === idOf(other);
}
