import type { JSX } from 'preact';
import { useEffect, useId, useState } from 'preact/hooks';

/** What is typed becomes a condition after this pause, in ms. */
const SETTLE_MS = 350;

interface FilterFieldProps {
  readonly name: string;
  readonly value: string;
  readonly hint?: string;
  /** What can be chosen; anything else can be typed all the same. */
  readonly options?: readonly string[] | undefined;
  readonly wide?: boolean;
  readonly onChange: (value: string) => void;
}

/** A condition to type in. Takes effect when somebody stops typing, or presses Enter. */
export function FilterField({ name, value, hint, options = [], wide, onChange }: FilterFieldProps): JSX.Element {
  const [typed, setTyped] = useState(value);
  const listId = useId();
  useEffect(() => setTyped(value), [value]);
  useEffect(() => {
    if (typed === value) return;
    const timer = setTimeout(() => onChange(typed.trim()), SETTLE_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  return (
    <label class="field" data-wide={wide}>
      <span>{name}</span>
      <input
        type="search"
        list={options.length > 0 ? listId : undefined}
        value={typed}
        placeholder={hint}
        onInput={(event) => setTyped(event.currentTarget.value)}
        onKeyDown={(event) => event.key === 'Enter' && onChange(typed.trim())}
      />
      {options.length > 0 && (
        <datalist id={listId}>
          {options.map((option) => (
            <option key={option} value={option} />
          ))}
        </datalist>
      )}
    </label>
  );
}

interface ChoiceProps {
  readonly name: string;
  readonly value: string;
  readonly options: readonly (readonly [value: string, word: string])[];
  readonly onChange: (value: string) => void;
}

/** A condition to choose. */
export function Choice({ name, value, options, onChange }: ChoiceProps): JSX.Element {
  return (
    <label class="field">
      <span>{name}</span>
      <select value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        {options.map(([option, word]) => (
          <option key={option} value={option}>
            {word}
          </option>
        ))}
      </select>
    </label>
  );
}
