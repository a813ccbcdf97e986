import { signal } from '@preact/signals';

/** This moment, in ms since 1970, a second old at most: what relative times on the page are relative to. */
export const now = signal(Date.now());

setInterval(() => {
  // A page that nobody looks at has nobody to tell the time.
  if (!document.hidden) now.value = Date.now();
}, 1_000);
