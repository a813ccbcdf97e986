import type { ComponentChildren, JSX } from 'preact';
import { Button } from './button';
import { formatCount } from './format';
import type { Pages } from './use-pages';

interface ListStateProps {
  /** What waits while the list is held still; undefined while it follows what happens. */
  readonly held: { readonly news: number; readonly show: () => void } | undefined;
  /** So many the list shows at most: as many news may be more. */
  readonly most?: number;
  /** What it says while it follows. */
  readonly follows?: string;
  /** What else there is to say, on what is left of the line. */
  readonly children?: ComponentChildren;
}

/**
 * Says whether a list follows what happens or is held still, and how much is new. As high in either case: nothing moves
 * when it changes.
 */
export function ListState({ held, most, follows = 'Kept up to date', children }: ListStateProps): JSX.Element {
  return (
    <div class="list-head" data-held={held !== undefined}>
      <span class="list-state">{held === undefined ? follows : 'Held still while you are here'}</span>
      {held !== undefined && (
        <Button size="small" icon="up" onClick={held.show}>
          {held.news === 0 ? 'Show the changes' : `Show ${countNews(held.news, most)} new`}
        </Button>
      )}
      {children && <span class="list-note">{children}</span>}
    </div>
  );
}

/** Above a list: whether it follows, and the way back for who has read further than can be followed. */
export function ListHead<Item>({ pages }: { pages: Pages<Item> }): JSX.Element {
  const { toLatest, held } = pages;
  if (toLatest === undefined) return <ListState held={held} />;
  return (
    <div class="list-head" data-held role="status">
      <span class="list-state">More has come in than fits above what you have read.</span>
      <Button size="small" icon="up" onClick={toLatest}>
        Show the latest
      </Button>
    </div>
  );
}

function countNews(news: number, most = Number.POSITIVE_INFINITY): string {
  return news < most ? formatCount(news) : `${formatCount(most)} and more`;
}
