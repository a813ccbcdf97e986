import type { Filter } from './filter.js';

/** A comparison that an index can look up: of one attribute, by its whole value, its beginning or its end. */
export interface Anchor {
  readonly kind: 'exact' | 'prefix' | 'suffix';
  readonly attribute: string;
  readonly value: string;
}

/**
 * Comparisons of which at least one holds for every event that the filter accepts; as few and as sharp as there are.
 * Undefined when there are none, as for `not` and `all: []`.
 */
export function anchorsOf(filter: Filter): readonly Anchor[] | undefined {
  const { type, source, subject, exact, prefix, suffix, all = [], any } = filter;
  const named = Object.entries({ type, source, subject }).filter(hasValue);
  const candidates: (readonly Anchor[])[] = [
    ...toAnchors('exact', [...named, ...Object.entries(exact ?? {})]),
    ...toAnchors('prefix', Object.entries(prefix ?? {})),
    ...toAnchors('suffix', Object.entries(suffix ?? {})),
    ...all.map(anchorsOf).filter((anchors) => anchors !== undefined),
  ];
  const choices = any?.map(anchorsOf);
  if (choices?.every((anchors) => anchors !== undefined)) candidates.push(choices.flat());
  return candidates.reduce<readonly Anchor[] | undefined>(
    (best, anchors) => (best === undefined || costOf(anchors) < costOf(best) ? anchors : best),
    undefined,
  );
}

function toAnchors(kind: Anchor['kind'], pairs: readonly [string, string][]): Anchor[][] {
  return pairs.map(([attribute, value]) => [{ kind, attribute, value }]);
}

/** A type tells more events apart than the other attributes do, and a whole value more than a part of it. */
function costOf(anchors: readonly Anchor[]): number {
  return anchors.reduce(
    (sum, { kind, attribute }) => sum + (kind === 'exact' ? 1 : 4) + (attribute === 'type' ? 0 : 1),
    0,
  );
}

function hasValue(pair: [string, string | undefined]): pair is [string, string] {
  return pair[1] !== undefined;
}
