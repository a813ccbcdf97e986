import type { JSX } from 'preact';
import { formatDuration } from '../../parts/relative-time';

/** A duration, with a bar that shows how long it is beside the longest of those around it. */
export function Slowness({ ms, slowestMs }: { ms: number | null; slowestMs: number }): JSX.Element {
  if (ms === null) return <span class="quiet">–</span>;
  return (
    <span class="nowrap">
      <meter class="slowness" min={0} max={slowestMs} value={ms} aria-hidden="true" />
      {formatDuration(ms)}
    </span>
  );
}
