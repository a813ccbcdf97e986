import type { JSX } from 'preact';

/** A moment to choose as a condition, in the reader's own zone. The condition itself is RFC 3339. */
export function MomentField({
  name,
  value,
  onChange,
}: {
  name: string;
  value: string;
  onChange: (value: string) => void;
}): JSX.Element {
  return (
    <label class="field">
      <span>{name}</span>
      <input
        type="datetime-local"
        step={1}
        value={toLocal(value)}
        onChange={({ currentTarget }) => onChange(toInstant(currentTarget.value))}
      />
    </label>
  );
}

/** As the input wants it: without a zone, which is the reader's own. Empty for what is no time. */
function toLocal(instant: string): string {
  const date = new Date(instant);
  if (Number.isNaN(date.getTime())) return '';
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}

function toInstant(local: string): string {
  const date = new Date(local);
  return Number.isNaN(date.getTime()) ? '' : date.toISOString();
}
