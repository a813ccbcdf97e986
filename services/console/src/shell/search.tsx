import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { Icon } from '../parts/icon';
import { go, linkToEvent } from './place';

/** A ref as the producer gives it. */
const REF = /^[\w-]*\d{10,}-\d+$/;

/** Finds an event from wherever somebody is. */
export function Search(): JSX.Element {
  const [text, setText] = useState('');
  const find = (event: Event) => {
    event.preventDefault();
    const wanted = text.trim();
    if (wanted === '') return;
    go(linkToEvent(wanted));
    setText('');
  };
  return (
    <search>
      <form class="search" onSubmit={find}>
        <Icon name="search" />
        <input
          id="search"
          type="search"
          aria-label="Find an event by its ref"
          placeholder="Find an event by its ref"
          autocomplete="off"
          spellcheck={false}
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
          onKeyDown={(event) => event.key === 'Escape' && event.currentTarget.blur()}
        />
        <kbd>/</kbd>
      </form>
    </search>
  );
}

/** Whether a text can be a ref. */
export function isRef(text: string): boolean {
  return REF.test(text);
}
