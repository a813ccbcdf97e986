/** A place in what an event carries, or in what was made of it, that is not to be shown. */
export interface HiddenPlace {
  /** A type, or with `*` at its end the beginning of types; undefined: of every event. */
  readonly type: string | undefined;
  readonly root: 'data' | 'arguments' | 'result';
  /** Names below the root; `*` is any one. None: all of it. */
  readonly path: readonly string[];
}

const ROOTS: readonly string[] = ['data', 'arguments', 'result'];
const MAX_PLACES = 200;

/**
 * Reads places, separated by commas or line breaks: `data.card.number`, or with the type of the events that it is about
 * `com.shop.*: data.customer.email`. What stands behind a `#` is a comment. Returns every problem where there is any.
 */
export function parseHiddenPlaces(
  text: string,
): { readonly places: readonly HiddenPlace[] } | { readonly problems: readonly string[] } {
  const written = text
    .split('\n')
    .flatMap((line) => line.replace(/#.*$/, '').split(','))
    .map((one) => one.trim())
    .filter((one) => one !== '');
  const problems = written.flatMap((one) => problemOf(one) ?? []);
  if (written.length > MAX_PLACES) problems.push(`has ${written.length} places, the limit is ${MAX_PLACES}`);
  if (written.length === 0) problems.push('hides nothing; leave it out');
  if (problems.length > 0) return { problems: problems.map((problem) => `MILLRACE_REDACT: ${problem}`) };
  return { places: written.map(toPlace) };
}

function problemOf(written: string): string | undefined {
  const { root, path, type } = toPlace(written);
  if (!ROOTS.includes(root)) return `"${written}": a path begins with data, arguments or result`;
  if (path.some((name) => name === '' || /\s/.test(name)))
    return `"${written}": a path is names with a full stop between`;
  if (type === '' || /\s/.test(type ?? '')) return `"${written}": what stands before the colon is a type`;
  return undefined;
}

function toPlace(written: string): HiddenPlace {
  const colon = written.lastIndexOf(':');
  const type = colon === -1 ? undefined : written.slice(0, colon).trim();
  const [root = '', ...path] = written
    .slice(colon + 1)
    .trim()
    .split('.');
  return { type, root: root as HiddenPlace['root'], path };
}

/** Whether a place is in events of this type. */
export function isOfType({ type: wanted }: HiddenPlace, type: string): boolean {
  if (wanted === undefined) return true;
  return wanted.endsWith('*') ? type.startsWith(wanted.slice(0, -1)) : type === wanted;
}
