import type { JSX } from 'preact';
import { Button } from './button';
import { countOf } from './format';
import type { Pages } from './use-pages';

/** The end of a list: how much is shown, and the way on. */
export function ListFoot<Item>({
  pages,
  one,
  many,
}: {
  pages: Pages<Item>;
  one: string;
  many?: string;
}): JSX.Element | null {
  const shown = pages.value?.items.length ?? 0;
  if (shown === 0 && pages.more === undefined) return null;
  return (
    <div class="list-foot">
      <span>{countOf(shown, one, many)} shown</span>
      {pages.more !== undefined && (
        <Button size="small" disabled={pages.isReadingMore} onClick={pages.more}>
          {pages.isReadingMore ? 'Loading …' : 'Show more'}
        </Button>
      )}
      {pages.isFull && <span>There are more. Narrow the filter to see them.</span>}
    </div>
  );
}
