import type { JSX } from 'preact';
import { Empty } from '../parts/notice';
import { PageHead } from '../parts/page-head';

/** For an address that leads nowhere. */
export function NotFound(): JSX.Element {
  return (
    <>
      <PageHead title="Not found" />
      <div class="card">
        <Empty icon="search" title="There is no such screen">
          The address leads nowhere in this console. <a href="./">Begin at the beginning</a>.
        </Empty>
      </div>
    </>
  );
}
