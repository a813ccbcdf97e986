import type { JSX } from 'preact';
import { isReachable } from '../api/session';
import { Notice } from '../parts/notice';

/** Says on every screen that what is shown grows old, while the operator does not answer. A hiccup is not told of. */
export function Away(): JSX.Element | null {
  if (isReachable.value) return null;
  return (
    <div class="away">
      <Notice tone="warn">
        The operator does not answer. What is shown here is what it said last; the page goes on asking.
      </Notice>
    </div>
  );
}
