import { computed, effect, signal } from '@preact/signals';
import { type Me, readMe } from '../api/me';
import { key, wantsKey } from '../api/session';

/** Before it is asked again who somebody is, in ms, where no answer came. */
const AGAIN_MS = 3_000;

/** Who looks at this page; undefined until the operator has said so. */
export const me = signal<Me | undefined>(undefined);

/** Whether they may change anything. Not before it is known, where there are keys: nothing is offered that is refused. */
export const maySteer = computed(() => (me.value === undefined ? key.value === undefined : !me.value.readOnly));

effect(() => {
  // Read so that this runs again under another key, which may be somebody else's.
  void key.value;
  me.value = undefined;
  if (wantsKey.value) return;
  const ended = new AbortController();
  void ask(ended.signal);
  return () => ended.abort();
});

async function ask(signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      const found = await readMe(signal);
      if (!signal.aborted) me.value = found;
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }
}
