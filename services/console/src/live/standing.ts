import { signal } from '@preact/signals';
import type { Now } from '../api/overview';
import { listen } from './stream';

/** How things stand, a second ago at most while the operator answers; undefined until it has said so once. */
export const standing = signal<Now | undefined>(undefined);

listen((event, data) => {
  if (event === 'overview') standing.value = data as Now;
});
