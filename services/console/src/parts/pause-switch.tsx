import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { type Pause, setPaused } from '../api/pauses';
import { maySteer } from '../live/me';
import { useAction } from '../live/use-action';
import { Button } from './button';
import { Dialog } from './dialog';
import { ActionNotice, Notice } from './notice';
import { Time } from './time';

interface PauseSwitchProps {
  readonly kind: 'routes' | 'servers';
  readonly name: string;
  readonly paused: Pause | undefined;
  readonly onChanged: () => void;
}

/** What a pause means, in a sentence. */
const PAUSE_MEANS = {
  routes: 'It begins no delivery. Events wait meanwhile, and lose no attempt.',
  servers: 'No call goes out to it. Deliveries wait meanwhile, and lose no attempt.',
} as const;

/** Pauses something with a word about why, shows that word while it is paused, and resumes it. */
export function PauseSwitch({ kind, name, paused, onChanged }: PauseSwitchProps): JSX.Element | null {
  const meaning = PAUSE_MEANS[kind];
  const action = useAction();
  const [isAsking, setAsking] = useState(false);
  const [note, setNote] = useState('');
  const set = (isPaused: boolean) =>
    action.run(async () => {
      await setPaused(kind, name, isPaused, isPaused ? note.trim() : '');
      setAsking(false);
      onChanged();
      return isPaused ? 'Paused.' : 'Resumed.';
    });
  if (paused === undefined && !maySteer.value) return null;
  return (
    <div class="stack-tight">
      {paused !== undefined && (
        <Notice tone="warn">
          Paused <Time at={paused.at} />
          {paused.by !== undefined && ` by ${paused.by}`}
          {paused.note !== undefined && `: “${paused.note}”`}. {meaning}
        </Notice>
      )}
      {action.refusal !== undefined && <ActionNotice action={action} />}
      <div class="row">
        {paused === undefined ? (
          <Button size="small" icon="pause" steers onClick={() => setAsking(true)}>
            Pause this {kind === 'routes' ? 'route' : 'server'} …
          </Button>
        ) : (
          <Button size="small" icon="play" steers disabled={action.isBusy} onClick={() => set(false)}>
            Resume
          </Button>
        )}
      </div>
      {isAsking && (
        <Dialog title={`Pause ${name}`} onClose={() => setAsking(false)}>
          <p>{meaning}</p>
          <label class="field">
            <span>Why, for whoever wonders</span>
            <input maxLength={1_000} value={note} onInput={(event) => setNote(event.currentTarget.value)} />
          </label>
          <ActionNotice action={action} />
          <div class="dialog-foot">
            <Button onClick={() => setAsking(false)}>Leave it running</Button>
            <Button kind="primary" disabled={action.isBusy} onClick={() => set(true)}>
              Pause
            </Button>
          </div>
        </Dialog>
      )}
    </div>
  );
}
