import type { JSX } from 'preact';
import type { RouteFigures } from '../../api/routes';
import { formatCount, formatRate } from '../../parts/format';
import { StateBadge } from '../../parts/state-badge';

/** What can become of an attempt, and the state whose look it has. */
const FATES = [
  ['done', 'done'],
  ['retried', 'retrying'],
  ['waiting', 'waiting'],
  ['parked', 'parked'],
  ['dead', 'dead'],
  ['expired', 'expired'],
] as const;

/** What became of the deliveries of a route within the last minute: a badge for each that there was. */
export function RouteFates({ figures }: { figures: RouteFigures }): JSX.Element {
  const seen = FATES.filter(([fate]) => figures[fate] > 0);
  return (
    <div class="row">
      <span class="quiet">Last minute</span>
      {seen.length === 0 && <span>nothing</span>}
      {seen.map(([fate, state]) => (
        <StateBadge key={fate} state={state} word={`${formatCount(figures[fate])} ${fate}`} />
      ))}
      <span class="row-end quiet">{formatRate(figures.perSecond)} a second</span>
    </div>
  );
}
