/** A piece of a list. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** The cursor of the next piece; absent on the last one. */
  readonly next?: string;
  /** How many a search has looked at for it. */
  readonly scanned?: number;
  /** The time that the search has reached. */
  readonly scannedTo?: string;
}

/** A list as far as somebody has read it. */
export interface ReadList<Item> {
  /** The beginning, as it was read last. */
  readonly first: Page<Item>;
  /** What was read further, and where it ends; undefined while nobody has read on. */
  readonly beyond?: Page<Item>;
  /** Whether more has come in than fits between the two: the beginning is then the one that they go on from. */
  readonly isBehind: boolean;
}

/** A list of which a page was read, and no more. */
export function beginList<Item>(first: Page<Item>): ReadList<Item> {
  return { first, isBehind: false };
}

/** The list with one more page at its end. */
export function readOn<Item>(list: ReadList<Item>, page: Page<Item>): ReadList<Item> {
  const { beyond } = list;
  const items = [...(beyond?.items ?? []), ...page.items];
  const scanned = (beyond?.scanned ?? 0) + (page.scanned ?? 0);
  return { ...list, beyond: { ...page, items, scanned } };
}

/**
 * The list with its beginning as it is now, and what was read beyond it. Where the two do not meet any more, because more
 * than a page has come in meanwhile, whoever has read on keeps what they read.
 */
export function renewList<Item>(list: ReadList<Item>, fresh: Page<Item>, idOf: (item: Item) => string): ReadList<Item> {
  const { first, beyond } = list;
  if (beyond === undefined || fresh.next === undefined) return beginList(fresh);
  const lastItem = fresh.items.at(-1);
  // A page of a search that has found nothing says nothing about what is further back.
  if (lastItem === undefined) return { ...list, first: fresh };
  const last = idOf(lastItem);
  const known = [...first.items, ...beyond.items];
  const at = known.findIndex((item) => idOf(item) === last);
  if (at === -1) return { ...list, isBehind: true };
  return { first: fresh, beyond: { ...beyond, items: known.slice(at + 1) }, isBehind: false };
}

/** All of a list that was read, as one page. */
export function toPage<Item>({ first, beyond }: ReadList<Item>): Page<Item> {
  if (beyond === undefined) return first;
  const scanned = (first.scanned ?? 0) + (beyond.scanned ?? 0);
  return { ...beyond, items: [...first.items, ...beyond.items], scanned };
}
