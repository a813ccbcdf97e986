import { useComputed } from '@preact/signals';
import type { JSX } from 'preact';
import { now } from '../live/clock';
import { relativeTime } from './relative-time';

/** An instant, relative to now and kept so; exact on hover. Says so when there is none. */
export function Time({ at }: { at: string | undefined }): JSX.Element {
  const atMs = at === undefined ? Number.NaN : Date.parse(at);
  const text = useComputed(() => relativeTime(atMs, now.value));
  if (at === undefined || Number.isNaN(atMs)) return <span class="quiet">–</span>;
  return (
    <time class="nowrap" dateTime={at} title={exactTime(at)}>
      {text}
    </time>
  );
}

/** An instant to the millisecond, in the reader's own zone, and as it was given. */
export function exactTime(at: string): string {
  const date = new Date(at);
  const local = date.toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
  return `${local} (${date.toISOString()})`;
}
