import { signal } from '@preact/signals';
import { listPauses, type Paused } from '../api/pauses';
import { listen } from './stream';

/** Everything that somebody has paused, wherever they did; undefined until the stream has said so once. */
export const pauses = signal<readonly Paused[] | undefined>(undefined);

listen((event, data) => {
  if (event === 'paused') pauses.value = (data as { items: readonly Paused[] }).items;
});

/** Looks at once, because something was changed here: the stream tells within a second. */
export function lookAtPauses(): void {
  listPauses(AbortSignal.timeout(LIMIT_MS)).then(
    (paused) => (pauses.value = paused),
    // Not seen now, it is told by the stream.
    () => {},
  );
}

const LIMIT_MS = 5_000;
