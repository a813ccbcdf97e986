import type { AttributeValue, Event } from '@millrace/events';
import type { Anchor } from './filter-anchors.js';

/**
 * Finds what is filed under the anchors that hold for an event, at a cost that does not grow with what is filed under
 * others: one look-up per attribute and, for beginnings and ends, per length that occurs among them.
 */
export class AnchorIndex<T> {
  readonly #exact = new Map<string, Map<string, T[]>>();
  readonly #prefix = new Map<string, PartIndex<T>>();
  readonly #suffix = new Map<string, PartIndex<T>>();

  add({ kind, attribute, value }: Anchor, item: T): void {
    if (kind === 'exact') {
      addTo(getOrMake(this.#exact, attribute, makeMap<T>), value, item);
      return;
    }
    const part = getOrMake(kind === 'prefix' ? this.#prefix : this.#suffix, attribute, makePartIndex<T>);
    if (!part.lengths.includes(value.length)) part.lengths.push(value.length);
    addTo(part.items, value, item);
  }

  /** Everything filed under an anchor that holds; an item with two of them comes twice. */
  find({ attributes }: Pick<Event, 'attributes'>): T[] {
    const found: T[] = [];
    for (const [attribute, items] of this.#exact) collect(found, items, attributes[attribute]);
    for (const [attribute, { lengths, items }] of this.#prefix) {
      const value = textOf(attributes[attribute]);
      for (const length of lengths) if (length <= value.length) collect(found, items, value.slice(0, length));
    }
    for (const [attribute, { lengths, items }] of this.#suffix) {
      const value = textOf(attributes[attribute]);
      for (const length of lengths) if (length <= value.length) collect(found, items, value.slice(-length));
    }
    return found;
  }
}

interface PartIndex<T> {
  readonly lengths: number[];
  readonly items: Map<string, T[]>;
}

function collect<T>(found: T[], items: ReadonlyMap<string, readonly T[]>, value: AttributeValue | undefined): void {
  if (value === undefined) return;
  const filed = items.get(String(value));
  if (filed !== undefined) for (const item of filed) found.push(item);
}

/** An attribute that is not there begins and ends with nothing, as every anchor has at least one character. */
function textOf(value: AttributeValue | undefined): string {
  return value === undefined ? '' : String(value);
}

function addTo<T>(items: Map<string, T[]>, value: string, item: T): void {
  getOrMake(items, value, () => []).push(item);
}

function getOrMake<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

function makeMap<T>(): Map<string, T[]> {
  return new Map();
}

function makePartIndex<T>(): PartIndex<T> {
  return { lengths: [], items: new Map() };
}
