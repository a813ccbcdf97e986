import type { JSX } from 'preact';
import { Button } from './button';
import { countOf, formatCount } from './format';
import { Time } from './time';
import type { Pages } from './use-pages';

/** The end of a list: how much is shown, how far a search has come, and the way on. */
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
  const { scanned, scannedTo } = pages.value ?? {};
  const isSearching = pages.stop !== undefined;
  return (
    <div class="list-foot">
      <span>{countOf(shown, one, many)} shown</span>
      {pages.stop !== undefined ? (
        <Button size="small" onClick={pages.stop}>
          Stop searching
        </Button>
      ) : (
        pages.more !== undefined && (
          <Button size="small" disabled={pages.isReadingMore} onClick={pages.more}>
            {pages.isReadingMore ? 'Loading …' : 'Show more'}
          </Button>
        )
      )}
      {scanned !== undefined && (isSearching || scannedTo !== undefined) && (
        <span>
          {isSearching ? 'searching: ' : ''}
          {formatCount(scanned)} looked at
          {scannedTo !== undefined && (
            <>
              , back to <Time at={scannedTo} />
            </>
          )}
        </span>
      )}
      {pages.isFull && <span>There are more. Narrow the filter to see them.</span>}
    </div>
  );
}
