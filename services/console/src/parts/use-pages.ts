import type { RefObject } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { beginList, type Page, type ReadList, readOn, renewList, toPage } from '../api/page';
import { Refusal } from '../api/refusal';
import { type Live, useLive } from '../live/use-live';
import { useStill } from '../live/use-still';

/** Rows of one list on the page, at most: more than anybody reads, and few enough that nothing stutters. */
const MAX_ROWS = 1_000;
/** A search goes on by itself until it has found so much: about what a page shows at once. */
const ENOUGH_ROWS = 20;

/** A list that is kept up to date at its beginning and can be read further. It holds still while somebody is at it. */
export interface Pages<Item> extends Live<Page<Item>> {
  /** To be put on the element that has the list in it. */
  readonly region: RefObject<HTMLElement | null>;
  /** What waits to be shown while the list is held still; undefined while nothing does. */
  readonly held: { readonly news: number; readonly show: () => void } | undefined;
  /** Reads the next page; undefined when there is none, or when enough is shown. */
  readonly more: (() => void) | undefined;
  readonly isReadingMore: boolean;
  /** Ends a search that goes on by itself; undefined while none does. */
  readonly stop: (() => void) | undefined;
  /** Whether there would be more, were there not so much already. */
  readonly isFull: boolean;
  /** Goes back to the beginning, from which what was read further is too far away by now; undefined while it is not. */
  readonly toLatest: (() => void) | undefined;
}

interface PageOptions {
  readonly everyMs: number;
  /** Whether it goes on by itself while it has found little: for a search, whose pages may be empty. */
  readonly goesOn?: boolean;
}

/** Reads pages of a list. `inputs` are the conditions: when they change it begins anew. */
export function usePages<Item>(
  load: (cursor: string | undefined, signal: AbortSignal) => Promise<Page<Item>>,
  idOf: (item: Item) => string,
  { everyMs, goesOn = false }: PageOptions,
  inputs: readonly unknown[],
): Pages<Item> {
  const [list, setList] = useState<ReadList<Item>>();
  const [reading, setReading] = useState(false);
  const [isStopped, setStopped] = useState(false);
  const [refusal, setRefusal] = useState<Refusal>();
  const ended = useRef(new AbortController());
  const first = useLive((signal) => load(undefined, signal), everyMs, inputs);

  useEffect(() => {
    const own = new AbortController();
    ended.current = own;
    setStopped(false);
    setReading(false);
    setRefusal(undefined);
    return () => own.abort();
  }, inputs);
  useEffect(() => {
    const fresh = first.value;
    setList((known) => {
      if (fresh === undefined) return undefined;
      return known === undefined ? beginList(fresh) : renewList(known, fresh, idOf);
    });
  }, [first.value]);

  const whole = useMemo(() => (list === undefined ? undefined : toPage(list)), [list]);
  const still = useStill(whole?.items, idOf);
  const isFull = whole !== undefined && whole.items.length >= MAX_ROWS;
  const cursor = isFull ? undefined : whole?.next;
  const readMore = async () => {
    const { signal } = ended.current;
    setReading(true);
    setRefusal(undefined);
    try {
      const page = await load(cursor, signal);
      if (signal.aborted) return;
      // Where the beginning was read again meanwhile, this page meets the one that it was asked for after.
      setList((known) =>
        readOn(known?.beyond === undefined && list !== undefined ? list : (known ?? beginList(page)), page),
      );
    } catch (error) {
      // A page of a list that nobody looks at any more belongs to no other.
      if (signal.aborted) return;
      if (!(error instanceof Refusal)) throw error;
      setRefusal(error);
    }
    setReading(false);
  };
  const isGoingOn =
    goesOn && !isStopped && refusal === undefined && cursor !== undefined && (whole?.items.length ?? 0) < ENOUGH_ROWS;
  useEffect(() => {
    if (isGoingOn && !reading) void readMore();
  }, [isGoingOn, reading, cursor]);
  const more = () => {
    setStopped(false);
    if (!reading) void readMore();
  };
  const toLatest = () => {
    still.letGo();
    setList(first.value && beginList(first.value));
  };
  return {
    value: whole && { ...whole, items: still.items ?? whole.items },
    refusal: refusal ?? first.refusal,
    refresh: () => {
      still.letGo();
      first.refresh();
    },
    region: still.region,
    held: still.news === undefined ? undefined : { news: still.news, show: still.show },
    more: cursor === undefined ? undefined : more,
    isReadingMore: reading,
    stop: isGoingOn ? () => setStopped(true) : undefined,
    isFull: isFull && whole?.next !== undefined,
    toLatest: list?.isBehind ? toLatest : undefined,
  };
}
