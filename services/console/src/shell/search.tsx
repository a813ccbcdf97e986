import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { Icon } from '../parts/icon';
import { go, linkTo, linkToEvent } from './place';

/** A ref as the producer gives it. */
const REF = /^[\w-]*\d{10,}-\d+$/;

/** Finds an event from wherever somebody is. */
export function Search(): JSX.Element {
  const [text, setText] = useState('');
  const find = (event: Event) => {
    event.preventDefault();
    const wanted = text.trim();
    if (wanted === '') return;
    go(REF.test(wanted) ? linkToEvent(wanted) : linkTo('events', { text: wanted }));
    setText('');
  };
  return (
    <search>
      <form class="search" onSubmit={find}>
        <Icon name="search" />
        <input
          id="search"
          type="search"
          aria-label="Find events by a word in them, or by their ref"
          placeholder="Find events by a word, or by their ref"
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
