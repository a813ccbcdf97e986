import type { JSX } from 'preact';
import { type Cause, groupByCause } from '../../api/causes';
import type { DeadLetter, DeadLetterFilter } from '../../api/dead-letters';
import { formatCount } from '../../parts/format';
import { Time } from '../../parts/time';
import { refine } from '../../shell/place';

/** What the letters died of, the most frequent cause first. A cause that is chosen becomes the filter. */
export function Causes({
  letters,
  isPart,
  filter,
}: {
  letters: readonly DeadLetter[];
  isPart: boolean;
  filter: DeadLetterFilter;
}): JSX.Element | null {
  const causes = groupByCause(letters);
  // Under the filter of one cause there is nothing left to choose.
  if (causes.length < 2 && filter.reason !== undefined && filter.route !== undefined) return null;
  return (
    <section class="card" data-flush aria-label="Causes">
      <div class="card-head">
        <h2>By cause</h2>
        <span class="quiet">
          {isPart ? `of the latest ${formatCount(letters.length)}; ` : ''}choose one to see and redrive all like it
        </span>
      </div>
      <ul>
        {causes.slice(0, 20).map((cause) => (
          <li key={JSON.stringify(cause.filter)}>
            <CauseRow cause={cause} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function CauseRow({ cause }: { cause: Cause }): JSX.Element {
  const { count, route, reason, code, tool, message, latestAt, filter } = cause;
  return (
    <button class="cause" type="button" onClick={() => refine({ ...filter })}>
      <span class="cause-count">{formatCount(count)}</span>
      <span class="cause-what">
        <strong>{code ?? reason}</strong>
        {code !== undefined && <span class="tag">{reason}</span>}
        <span>
          on <span class="code">{route}</span>
        </span>
        {tool !== undefined && <span class="quiet code">{tool}</span>}
      </span>
      <Time at={latestAt} />
      {message !== undefined && <span class="cause-message">{message}</span>}
    </button>
  );
}
