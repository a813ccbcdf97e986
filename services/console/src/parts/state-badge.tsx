import type { JSX } from 'preact';
import { Icon, type IconName } from './icon';

/** How something is meant to look: good, in hand, late, in want of an answer, broken, or at rest. */
export type Tone = 'good' | 'busy' | 'warn' | 'asks' | 'bad' | 'idle';

const LOOKS: Readonly<Record<string, readonly [Tone, IconName]>> = {
  done: ['good', 'done'],
  open: ['busy', 'running'],
  running: ['busy', 'running'],
  waiting: ['idle', 'waiting'],
  scheduled: ['idle', 'scheduled'],
  retrying: ['warn', 'retrying'],
  parked: ['asks', 'parked'],
  paused: ['asks', 'parked'],
  dead: ['bad', 'dead'],
  failed: ['bad', 'dead'],
  expired: ['idle', 'expired'],
  moved: ['idle', 'waiting'],
  denied: ['warn', 'dead'],
  invalid: ['warn', 'warn'],
  declined: ['asks', 'dead'],
  cancelled: ['idle', 'expired'],
  sent: ['busy', 'running'],
  'not-sent': ['idle', 'expired'],
  unknown: ['bad', 'warn'],
  closed: ['good', 'done'],
  'half-open': ['warn', 'retrying'],
  alive: ['good', 'done'],
  silent: ['bad', 'warn'],
};

/** A state as a colour, a shape and a word. `word` stands in for the state's own name. */
export function StateBadge({ state, word = state }: { state: string; word?: string | undefined }): JSX.Element {
  const [tone, icon] = LOOKS[state] ?? ['idle', 'waiting'];
  return <Badge tone={tone} icon={icon} word={word} />;
}

/** A badge for what has no state of its own. */
export function Badge({ tone, icon, word }: { tone: Tone; icon: IconName; word: string }): JSX.Element {
  return (
    <span class="badge" data-tone={tone}>
      <Icon name={icon} />
      {word}
    </span>
  );
}
