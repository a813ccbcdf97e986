import { MARK } from './hide.js';

/**
 * What somebody has edited who did not see everything: where a mark still stands at a hidden place, what stood there in the
 * original comes back. Undefined where a mark stands anywhere else: nothing tells what is meant by it.
 */
export function restoreHidden(
  edited: unknown,
  original: unknown,
  paths: readonly (readonly string[])[],
): { readonly value: unknown } | undefined {
  const value = paths.reduce((rest, path) => restoreAt(rest, original, path), edited);
  return hasMark(value) ? undefined : { value };
}

function restoreAt(edited: unknown, original: unknown, path: readonly string[]): unknown {
  const [name, ...rest] = path;
  if (name === undefined) return edited === MARK && original !== undefined ? original : edited;
  if (Array.isArray(edited)) {
    const before: readonly unknown[] = Array.isArray(original) ? original : [];
    return edited.map((one, at) => {
      const isNamed = name === '*' || name === String(at);
      const within = restoreAt(one, before[at], path);
      return isNamed ? restoreAt(within, before[at], rest) : within;
    });
  }
  if (typeof edited !== 'object' || edited === null) return edited;
  const before = typeof original === 'object' && original !== null ? (original as Record<string, unknown>) : {};
  const entries = Object.entries(edited).map(([key, one]) =>
    name === '*' || name === key
      ? [key, restoreAt(one, Object.hasOwn(before, key) ? before[key] : undefined, rest)]
      : [key, one],
  );
  return Object.fromEntries(entries);
}

function hasMark(value: unknown): boolean {
  if (typeof value === 'string') return value.includes(MARK);
  return typeof value === 'object' && value !== null && Object.values(value).some(hasMark);
}
