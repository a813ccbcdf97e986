/** A piece of a list. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** The cursor of the next piece; absent on the last one. */
  readonly next?: string;
}

/**
 * A list of which only the first page was read again: the new page, then what was known beyond it. Where the two do not
 * meet, because more than a page has come meanwhile, the new page stands alone.
 */
export function mergeFirstPage<Item>(known: Page<Item>, fresh: Page<Item>, idOf: (item: Item) => string): Page<Item> {
  const lastItem = fresh.items.at(-1);
  if (lastItem === undefined || fresh.next === undefined) return fresh;
  const last = idOf(lastItem);
  const at = known.items.findIndex((item) => idOf(item) === last);
  if (at === -1) return fresh;
  const beyond = known.items.slice(at + 1);
  if (beyond.length === 0) return fresh;
  return { items: [...fresh.items, ...beyond], ...(known.next === undefined ? {} : { next: known.next }) };
}
