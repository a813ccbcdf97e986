import type { JSX } from 'preact';
import { type Cause, filterOf, toolOf } from '../../api/cause';
import type { Causes } from '../../api/causes';
import { formatCount } from '../../parts/format';
import { Time } from '../../parts/time';
import { refine } from '../../shell/place';

/** What the letters died of, the most frequent cause first. A cause that is chosen becomes the filter. */
export function CauseList({ causes }: { causes: Causes }): JSX.Element {
  return (
    <section class="card" data-flush aria-label="Causes">
      <div class="card-head">
        <h2>By cause</h2>
        <span class="quiet">
          {causes.complete ? '' : `of the latest ${formatCount(causes.scanned)}; `}choose one to see and redrive all
          like it
        </span>
      </div>
      <ul>
        {causes.items.map((cause) => (
          <li key={JSON.stringify(filterOf(cause))}>
            <CauseRow cause={cause} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function CauseRow({ cause }: { cause: Cause }): JSX.Element {
  const { count, route, reason, code, latest } = cause;
  const tool = toolOf(cause);
  return (
    <button class="cause" type="button" onClick={() => refine({ ...filterOf(cause) })}>
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
    </button>
  );
}
