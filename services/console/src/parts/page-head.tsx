import type { ComponentChildren, JSX } from 'preact';
import { useEffect } from 'preact/hooks';

/** The head of a screen: its name, which becomes the tab's as well, and one line about it. */
export function PageHead({ title, children }: { title: string; children?: ComponentChildren }): JSX.Element {
  useEffect(() => {
    document.title = `${title} · Millrace`;
  }, [title]);
  return (
    <div class="page-head">
      {/* Not in the order of Tab, but a place to skip to. */}
      <h1 tabIndex={-1}>{title}</h1>
      {children !== undefined && <p>{children}</p>}
    </div>
  );
}
