import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { type Cause, filterOf, toolOf } from '../../api/cause';
import type { Causes } from '../../api/causes';
import { useStill } from '../../live/use-still';
import { Button } from '../../parts/button';
import { formatCount } from '../../parts/format';
import { Time } from '../../parts/time';
import { linkTo } from '../../shell/place';
import { JobDialog } from './job-dialog';

/** What the letters died of, the most frequent cause first: each leads to its letters, and can be redriven as a whole. */
export function CauseList({ causes, onChanged }: { causes: Causes; onChanged: () => void }): JSX.Element {
  const [ordered, setOrdered] = useState<Cause>();
  const { region, items = causes.items, letGo } = useStill(causes.items, nameOf);
  return (
    <section class="card" data-flush aria-label="Causes" ref={region}>
      <div class="card-head">
        <h2>By cause</h2>
        <span class="quiet">
          {causes.complete ? '' : `of the latest ${formatCount(causes.scanned)}; `}choose one to see all like it
        </span>
      </div>
      <ul>
        {items.map((cause) => (
          <li key={nameOf(cause)} class="cause-and-act">
            <CauseRow cause={cause} />
            <Button size="small" icon="retrying" steers onClick={() => setOrdered(cause)}>
              {cause.count === 1 ? 'Redrive it …' : `Redrive all ${formatCount(cause.count)} …`}
            </Button>
          </li>
        ))}
      </ul>
      {ordered !== undefined && (
        <JobDialog
          kind="redrives"
          filter={filterOf(ordered)}
          onClose={() => {
            setOrdered(undefined);
            letGo();
            onChanged();
          }}
        />
      )}
    </section>
  );
}

/** What tells a cause from every other. */
export function nameOf(cause: Cause): string {
  return JSON.stringify(filterOf(cause));
}

/** A cause in a row, which leads to the letters that died of it. */
export function CauseRow({ cause }: { cause: Cause }): JSX.Element {
  const { count, route, reason, code, latest } = cause;
  const tool = toolOf(cause);
  return (
    <a class="cause" href={linkTo('dead-letters', filterOf(cause))}>
      <span class="cause-count">{formatCount(count)}</span>
      <span class="cause-what">
        <strong>{code ?? reason ?? 'unknown'}</strong>
        {code !== undefined && <span class="tag">{reason}</span>}
        <span>
          on <span class="code">{route}</span>
        </span>
        {tool !== undefined && <span class="quiet code">{tool}</span>}
      </span>
      <Time at={latest?.deadAt} />
      {latest?.error !== undefined && <span class="cause-message">{latest.error.message}</span>}
    </a>
  );
}
