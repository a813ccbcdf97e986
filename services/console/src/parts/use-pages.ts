import { useEffect, useRef, useState } from 'preact/hooks';
import { mergeFirstPage, type Page } from '../api/page';
import { Refusal } from '../api/refusal';
import { type Live, useLive } from '../live/use-live';

/** Rows of one list on the page, at most: more than anybody reads, and few enough that nothing stutters. */
const MAX_ROWS = 1_000;

/** A list that is kept up to date at its beginning and can be read further. */
export interface Pages<Item> extends Live<Page<Item>> {
  /** Reads the next page; undefined when there is none, or when enough is shown. */
  readonly more: (() => void) | undefined;
  readonly isReadingMore: boolean;
  /** Whether there would be more, were there not so much already. */
  readonly isFull: boolean;
}

/** Reads pages of a list. `inputs` are the conditions: when they change it begins anew. */
export function usePages<Item>(
  load: (cursor: string | undefined, signal: AbortSignal) => Promise<Page<Item>>,
  idOf: (item: Item) => string,
  everyMs: number,
  inputs: readonly unknown[],
): Pages<Item> {
  const [whole, setWhole] = useState<Page<Item>>();
  const [reading, setReading] = useState(false);
  const [refusal, setRefusal] = useState<Refusal>();
  const generation = useRef(0);
  const first = useLive((signal) => load(undefined, signal), everyMs, inputs);

  useEffect(() => {
    generation.current += 1;
  }, inputs);
  useEffect(() => {
    const fresh = first.value;
    setWhole((known) => (fresh === undefined || known === undefined ? fresh : mergeFirstPage(known, fresh, idOf)));
  }, [first.value]);

  const isFull = whole !== undefined && whole.items.length >= MAX_ROWS;
  const cursor = isFull ? undefined : whole?.next;
  const more = async () => {
    if (reading) return;
    setReading(true);
    setRefusal(undefined);
    const begunIn = generation.current;
    try {
      const page = await load(cursor, AbortSignal.timeout(15_000));
      // A page of a list that nobody looks at any more belongs to no other.
      if (generation.current !== begunIn) return;
      setWhole((known) => ({ ...page, items: [...(known?.items ?? []), ...page.items] }));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      setRefusal(error);
    } finally {
      setReading(false);
    }
  };
  return {
    value: whole,
    refusal: refusal ?? first.refusal,
    refresh: first.refresh,
    more: cursor === undefined ? undefined : () => void more(),
    isReadingMore: reading,
    isFull: isFull && whole?.next !== undefined,
  };
}
