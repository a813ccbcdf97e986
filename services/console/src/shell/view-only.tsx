import type { JSX } from 'preact';
import { me } from '../live/me';

/** Says on every screen why there is nothing to press that changes anything; nothing to who may. */
export function ViewOnly(): JSX.Element | null {
  if (!me.value?.readOnly) return null;
  return (
    <span class="tag" title={`${me.value.name} may look, and change nothing.`}>
      view only
    </span>
  );
}
