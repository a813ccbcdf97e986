import type { ComponentChildren, JSX } from 'preact';

/** Conditions that few want, out of the way: open from the beginning where one of them is set. */
export function MoreFilters({ isOpen, children }: { isOpen: boolean; children: ComponentChildren }): JSX.Element {
  return (
    <details class="more-filters" open={isOpen}>
      <summary>More conditions</summary>
      <div class="filters">{children}</div>
    </details>
  );
}
