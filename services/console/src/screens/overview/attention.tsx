import type { JSX } from 'preact';
import { listCauses } from '../../api/causes';
import type { Now } from '../../api/overview';
import { useLive } from '../../live/use-live';
import { useStill } from '../../live/use-still';
import { countOf } from '../../parts/format';
import { Icon } from '../../parts/icon';
import { CauseRow, nameOf } from '../dead-letters/causes';

const EVERY_MS = 10_000;
/** More are on the screen of the dead letters. */
const MAX_CAUSES = 3;

/** What waits for a person, each with the way to it. Nothing where nothing does. */
export function Attention({ now: { deadLetters, parked } }: { now: Now }): JSX.Element | null {
  if (deadLetters === 0 && parked === 0) return null;
  return (
    <section class="card" data-flush aria-label="Waiting for you">
      <div class="card-head">
        <h2>Waiting for you</h2>
      </div>
      {parked > 0 && (
        <a class="cause" href="approvals">
          <Icon name="approvals" />
          <span class="cause-what">
            <strong>{countOf(parked, 'call waits', 'calls wait')} for a yes or no</strong>
          </span>
        </a>
      )}
      {deadLetters > 0 && <TopCauses />}
    </section>
  );
}

function TopCauses(): JSX.Element {
  const { value } = useLive((signal) => listCauses({}, signal), EVERY_MS, []);
  const { region, items = [] } = useStill(value?.items.slice(0, MAX_CAUSES), nameOf);
  const rest = (value?.items.length ?? 0) - MAX_CAUSES;
  return (
    <section aria-label="Causes" ref={region}>
      <ul>
        {items.map((cause) => (
          <li key={nameOf(cause)}>
            <CauseRow cause={cause} />
          </li>
        ))}
        {rest > 0 && (
          <li class="list-foot">
            <a href="dead-letters">{countOf(rest, 'more cause', 'more causes')}</a>
          </li>
        )}
      </ul>
    </section>
  );
}
