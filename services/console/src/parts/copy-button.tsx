import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { Button } from './button';

/** How long it says that it has copied, in ms. */
const TOLD_MS = 1_500;

/** Copies a text, and says so. Without a secure context browsers have no clipboard; then the text is marked to be copied by hand. */
export function CopyButton({ text, word = 'Copy' }: { text: string; word?: string }): JSX.Element {
  const [told, setTold] = useState<string>();
  const copy = async () => {
    setTold((await copyText(text)) ? 'Copied' : 'Not allowed here');
    setTimeout(() => setTold(undefined), TOLD_MS);
  };
  return (
    <Button size="small" kind="quiet" icon={told === 'Copied' ? 'done' : 'copy'} onClick={() => void copy()}>
      <span aria-live="polite">{told ?? word}</span>
    </Button>
  );
}

async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

/** The way of old, for pages that are not served over TLS nor from this machine. */
function copyBySelection(text: string): boolean {
  const area = document.createElement('textarea');
  area.value = text;
  area.className = 'only-heard';
  document.body.append(area);
  area.select();
  const isCopied = document.execCommand('copy');
  area.remove();
  return isCopied;
}
