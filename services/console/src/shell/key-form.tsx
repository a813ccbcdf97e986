import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { keepKey, key } from '../api/session';
import { Button } from '../parts/button';
import { Notice } from '../parts/notice';

/** Asks for the operator's key. It stays in this tab, and goes with requests as a header, never as a cookie. */
export function KeyForm(): JSX.Element {
  const [typed, setTyped] = useState('');
  const keep = (event: Event) => {
    event.preventDefault();
    if (typed.trim() !== '') keepKey(typed.trim());
  };
  return (
    <main class="key-form">
      <form class="card stack" onSubmit={keep}>
        <div class="brand">
          <img src="icon.svg" alt="" />
          Millrace
        </div>
        <h1>This operator asks for a key</h1>
        {key.value !== undefined && <Notice tone="bad">The key was not accepted.</Notice>}
        <p class="quiet">
          It is the value of <code>MILLRACE_OPERATOR_KEY</code>, or a key that somebody has made for you. It is kept
          until this tab is closed.
        </p>
        <label class="field">
          <span>Key</span>
          <input
            type="password"
            autocomplete="current-password"
            value={typed}
            onInput={(event) => setTyped(event.currentTarget.value)}
          />
        </label>
        <Button kind="primary" type="submit" disabled={typed.trim() === ''}>
          Open the console
        </Button>
      </form>
    </main>
  );
}
