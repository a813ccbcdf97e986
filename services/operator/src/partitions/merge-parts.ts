/** What one partition has of a list that is put together from all. */
export interface Part<Place> {
  /** In the order of the list. */
  readonly found: readonly Place[];
  /** Up to where it was looked, where that was not to the end. */
  readonly next?: Place;
}

/** A page of the whole list. */
export interface Merged<Place> {
  readonly places: readonly Place[];
  /** After which the next page begins; absent at the end. */
  readonly next?: Place;
}

/**
 * Puts pages of several partitions together into one of at most `limit` places. `compare` tells the order of the list, in
 * which no two places are the same. Where a partition was not looked through to its end, nothing that comes after that place
 * is taken, since others may come before it: the next page finds it again. So a page may be short, or empty, and go on.
 */
export function mergeParts<Place>(
  parts: readonly Part<Place>[],
  compare: (a: Place, b: Place) => number,
  limit: number,
): Merged<Place> {
  const ends = parts.flatMap(({ next }) => (next === undefined ? [] : [next])).sort(compare);
  const [end] = ends;
  const all = parts.flatMap(({ found }) => found).sort(compare);
  const certain = end === undefined ? all : all.filter((place) => compare(place, end) <= 0);
  const places = certain.slice(0, limit);
  const next = certain.length > limit ? places.at(-1) : end;
  return next === undefined ? { places } : { places, next };
}
