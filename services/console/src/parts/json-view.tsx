import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { CopyButton } from './copy-button';

/** Longer texts than this are shown in one colour: tens of thousands of spans would hold the page up. */
const MAX_COLOURED = 40_000;
const TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(true|false|null)\b|-?\b\d+(?:\.\d+)?(?:[eE][+-]?\d+)?\b/g;

/** Any JSON, to be read and copied. */
export function JsonView({ value, label }: { value: unknown; label: string }): JSX.Element {
  const text = useMemo(() => JSON.stringify(value, undefined, 2) ?? 'nothing', [value]);
  const parts = useMemo(() => (text.length > MAX_COLOURED ? [text] : colour(text)), [text]);
  return (
    <div class="stack-tight">
      <div class="row">
        <span class="quiet">{label}</span>
        <span class="row-end" />
        <CopyButton text={text} />
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by the keyboard */}
      <figure class="json" tabIndex={0} aria-label={label}>
        <pre>{parts}</pre>
      </figure>
    </div>
  );
}

function colour(text: string): (string | JSX.Element)[] {
  const parts: (string | JSX.Element)[] = [];
  let end = 0;
  for (const match of text.matchAll(TOKEN)) {
    const [token, quoted, colon = ''] = match;
    parts.push(text.slice(end, match.index));
    const kind = quoted === undefined ? 'json-value' : colon === '' ? 'json-text' : 'json-key';
    parts.push(<span class={kind}>{quoted ?? token}</span>, colon);
    end = match.index + token.length;
  }
  parts.push(text.slice(end));
  return parts;
}
