/** What stands for every value that has no place of its own. */
export const OTHER = 'other';

/**
 * Makes a label of values that somebody outside chooses, such as event types: those in `known` always keep their name, so
 * do the first `maxOthers` that come along beside them, and whatever comes later is `other`. So a series is never taken
 * away from a value that had one, and there are never more than those and one.
 */
export function createBoundedLabel(maxOthers: number, known: Iterable<string> = []): (value: string) => string {
  const own = new Set(known);
  const max = own.size + maxOthers;
  return (value) => {
    if (own.has(value)) return value;
    // A long name would cost in every scrape what a hundred short ones do.
    if (own.size >= max || value.length > MAX_LABEL_LENGTH) return OTHER;
    own.add(value);
    return value;
  };
}

/** In characters. */
const MAX_LABEL_LENGTH = 128;
