import { MARK } from './hide.js';

/** Takes what is hidden out of any JSON value, wherever it stands in it. */
export type Scrub = (value: unknown) => unknown;

/** Shorter words are hidden where they are a whole value: as part of others they are in everything. */
const SHORTEST_PART = 4;
/** What stands at the end of a text that was cut off. */
const CUT = '…';
/** With more hidden values than this, looking for each would take too long, and nothing is shown. */
const MAX_LOOKED_FOR = 500;

/** Shows nothing at all. */
export const scrubAll: Scrub = (value) => (value === undefined ? undefined : MARK);

/** Takes these values out: whole ones, and where they are part of a text, also as JSON writes them inside one. */
export function createScrub(hidden: ReadonlySet<string>): Scrub {
  if (hidden.size === 0) return (value) => value;
  if (hidden.size > MAX_LOOKED_FOR) return scrubAll;
  const parts = [...hidden].filter((one) => one.length >= SHORTEST_PART);
  const spellings = parts.flatMap((one) => [one, JSON.stringify(one).slice(1, -1)]);
  // The longest first: a part of what is hidden must not be taken out of its middle.
  const ordered = [...new Set(spellings)].sort((a, b) => b.length - a.length);
  const pattern = ordered.length === 0 ? undefined : new RegExp(ordered.map(asPattern).join('|'), 'gi');
  const scrubText = (text: string) => {
    if (hidden.has(text)) return MARK;
    return pattern === undefined ? text : hideCutOff(text.replace(pattern, MARK), ordered);
  };
  const scrub: Scrub = (value) => {
    if (typeof value === 'string') return scrubText(value);
    if (typeof value === 'number') return hidden.has(String(value)) ? MARK : value;
    if (Array.isArray(value)) return value.map(scrub);
    if (typeof value !== 'object' || value === null || value instanceof Date) return value;
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [scrubText(name), scrub(one)]));
  };
  return scrub;
}

/** Takes the beginning of a hidden value out of the end of a text that was cut off in the middle of it. */
function hideCutOff(text: string, spellings: readonly string[]): string {
  if (!text.endsWith(CUT)) return text;
  const shown = text.slice(0, -CUT.length);
  const lowered = shown.toLowerCase();
  let longest = 0;
  for (const spelling of spellings) {
    const wanted = spelling.toLowerCase();
    for (let length = Math.min(wanted.length, lowered.length); length >= SHORTEST_PART && length > longest; length--)
      if (lowered.endsWith(wanted.slice(0, length))) longest = length;
  }
  return longest === 0 ? text : `${shown.slice(0, -longest)}${MARK}${CUT}`;
}

function asPattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
