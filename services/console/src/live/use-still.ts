import type { RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { type HeldRows, holdRows } from './hold-rows';
import { isInUse } from './in-use';

/** How soon rows move once nobody is at them any more, in ms. */
const LOOK_EVERY_MS = 200;

/** Rows that stay where they are while somebody is at them. */
export interface Still<Item> {
  /** To be put on the element that has the rows in it. */
  readonly region: RefObject<HTMLElement | null>;
  readonly items: readonly Item[] | undefined;
  /** Rows that wait to be shown; undefined while nothing is held back. */
  readonly news: number | undefined;
  /** Shows what is held back now. */
  readonly show: () => void;
  /** Has the next rows taken up whoever is at them, because somebody has done something about them. */
  readonly letGo: () => void;
}

/**
 * Holds rows still while somebody points at one of them or has come to it by the keyboard: none moves, comes or goes
 * under their hand. `asTheyWere`: what is in the rows is held as well, where much of it would change.
 */
export function useStill<Item>(
  items: readonly Item[] | undefined,
  idOf: (item: Item) => string,
  { asTheyWere = false } = {},
): Still<Item> {
  const region = useRef<HTMLElement>(null);
  const shown = useRef(items);
  const latest = useRef(items);
  const isFree = useRef(false);
  const [, setLook] = useState(0);
  const drawAgain = () => setLook((look) => look + 1);

  let held: HeldRows<Item> | undefined;
  if (items !== undefined && shown.current !== undefined) held = holdRows(shown.current, items, idOf, asTheyWere);
  if (items !== latest.current) {
    if (isFree.current) held = undefined;
    isFree.current = false;
    latest.current = items;
  }
  if (held !== undefined && !isInUse(region.current)) held = undefined;
  shown.current = held?.items ?? items;

  const isHeld = held !== undefined;
  useEffect(() => {
    if (!isHeld) return;
    const timer = setInterval(() => isInUse(region.current) || drawAgain(), LOOK_EVERY_MS);
    return () => clearInterval(timer);
  }, [isHeld]);

  const show = () => {
    const byKeyboard = region.current?.querySelector(':focus-visible') != null;
    shown.current = latest.current;
    drawAgain();
    // The rows that were asked for are where they can be seen, and at hand.
    if ((region.current?.getBoundingClientRect().top ?? 0) < 0) region.current?.scrollIntoView();
    if (byKeyboard)
      requestAnimationFrame(() => region.current?.querySelector<HTMLElement>('tbody a, tbody button')?.focus());
  };
  return {
    region,
    items: shown.current,
    news: held?.news,
    show,
    letGo: () => {
      isFree.current = true;
    },
  };
}
