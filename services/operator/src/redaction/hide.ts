/** What stands where something was taken out. */
export const MARK = '[redacted]';

/**
 * A JSON value with what stands at the paths taken out; what was taken out is added to `hidden`, as text. A path goes into
 * every element of an array by itself. The value that was given stays as it is.
 */
export function hideAt(value: unknown, paths: readonly (readonly string[])[], hidden: Set<string>): unknown {
  return paths.reduce((rest, path) => hideOne(rest, path, hidden), value);
}

function hideOne(value: unknown, path: readonly string[], hidden: Set<string>): unknown {
  const [name, ...rest] = path;
  if (name === undefined) {
    collect(value, hidden);
    return MARK;
  }
  if (Array.isArray(value)) {
    return value.map((one, at) => {
      const isNamed = name === '*' || name === String(at);
      return isNamed ? hideOne(hideOne(one, path, hidden), rest, hidden) : hideOne(one, path, hidden);
    });
  }
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, one]) =>
    name === '*' || name === key ? [key, hideOne(one, rest, hidden)] : [key, one],
  );
  return Object.fromEntries(entries);
}

/** Every word and number in it. What says nothing of itself, as `true` or an empty text, is not looked for elsewhere. */
function collect(value: unknown, hidden: Set<string>): void {
  if (typeof value === 'string' && value !== '' && value !== MARK) hidden.add(value);
  if (typeof value === 'number') hidden.add(String(value));
  if (typeof value === 'object' && value !== null) for (const one of Object.values(value)) collect(one, hidden);
}
