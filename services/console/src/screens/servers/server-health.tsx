import type { JSX } from 'preact';
import { StateBadge } from '../../parts/state-badge';

const WORDS: Readonly<Record<string, string>> = {
  closed: 'healthy',
  'half-open': 'trying again',
  open: 'left alone',
};

/** The state of a breaker as what it means for the server. */
export function ServerHealth({ breaker }: { breaker: string }): JSX.Element {
  return <StateBadge state={breaker === 'open' ? 'failed' : breaker} word={WORDS[breaker]} />;
}
