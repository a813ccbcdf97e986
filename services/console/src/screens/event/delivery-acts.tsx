import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { discard, redrive, resolve } from '../../api/dead-letters';
import { cancelEvent, type Delivery } from '../../api/events';
import { useAction } from '../../live/use-action';
import { Button } from '../../parts/button';
import { Dialog } from '../../parts/dialog';
import { ActionNotice } from '../../parts/notice';
import { linkTo } from '../../shell/place';

interface ActsProps {
  readonly refOfEvent: string;
  readonly delivery: Delivery;
  readonly onChanged: () => void;
}

/** What somebody can do about a delivery in the state that it is in. */
export function DeliveryActs({ refOfEvent, delivery, onChanged }: ActsProps): JSX.Element | null {
  const { state, id: route } = delivery;
  const action = useAction();
  const [asking, setAsking] = useState<'give-up' | 'resolve'>();
  const deadLetter = `${refOfEvent}.${route}`;
  const act = (does: () => Promise<string>) =>
    action.run(async () => {
      const told = await does();
      setAsking(undefined);
      onChanged();
      return told;
    });
  const isWaiting = state === 'retrying' || state === 'waiting' || state === 'parked';
  if (state !== 'dead' && !isWaiting) return <ActionNotice action={action} />;
  return (
    <div class="stack-tight">
      <ActionNotice action={action} />
      <div class="row">
        {state === 'dead' && (
          <>
            <Button
              kind="primary"
              icon="retrying"
              steers
              disabled={action.isBusy}
              onClick={() => act(() => sendAgain(deadLetter))}
            >
              Redrive
            </Button>
            <Button steers onClick={() => setAsking('resolve')}>
              Mark done …
            </Button>
            <Button kind="danger" steers onClick={() => setAsking('give-up')}>
              Give up …
            </Button>
            <a href={linkTo('dead-letters', likeIt(delivery))}>All that died of the same</a>
          </>
        )}
        {isWaiting && (
          <Button steers disabled={action.isBusy} onClick={() => act(() => cancel(refOfEvent, route))}>
            Cancel this delivery
          </Button>
        )}
      </div>
      {asking === 'give-up' && (
        <Dialog title="Give this delivery up" onClose={() => setAsking(undefined)}>
          <p>The dead letter is deleted. The event’s record says that it was given up, until it expires.</p>
          <div class="dialog-foot">
            <Button onClick={() => setAsking(undefined)}>Leave it</Button>
            <Button kind="danger" disabled={action.isBusy} onClick={() => act(() => giveUp(deadLetter))}>
              Give it up
            </Button>
          </div>
        </Dialog>
      )}
      {asking === 'resolve' && (
        <ResolveDialog
          isBusy={action.isBusy}
          onClose={() => setAsking(undefined)}
          onResolve={(note) => act(() => markDone(deadLetter, note))}
        />
      )}
    </div>
  );
}

function ResolveDialog({
  isBusy,
  onClose,
  onResolve,
}: {
  isBusy: boolean;
  onClose: () => void;
  onResolve: (note: string) => void;
}): JSX.Element {
  const [note, setNote] = useState('');
  return (
    <Dialog title="Mark this delivery done" onClose={onClose}>
      <p>For work that was seen to be done, or was done by hand. Nothing is called, and nothing is emitted.</p>
      <label class="field">
        <span>How you know; it stays in the record and in the audit list</span>
        <textarea rows={3} maxLength={1_000} value={note} onInput={(event) => setNote(event.currentTarget.value)} />
      </label>
      <div class="dialog-foot">
        <Button onClick={onClose}>Leave it</Button>
        <Button kind="primary" disabled={isBusy} onClick={() => onResolve(note.trim())}>
          Mark done
        </Button>
      </div>
    </Dialog>
  );
}

/** The filter that finds what died of the same. */
function likeIt({ id: route, reason, error }: Delivery) {
  return { route, reason, code: error?.code };
}

async function sendAgain(deadLetter: string): Promise<string> {
  await redrive(deadLetter);
  return 'On its way again.';
}

async function markDone(deadLetter: string, note: string): Promise<string> {
  await resolve(deadLetter, note);
  return 'Marked done.';
}

async function giveUp(deadLetter: string): Promise<string> {
  await discard(deadLetter);
  return 'Given up.';
}

async function cancel(ref: string, route: string): Promise<string> {
  const { cancelled } = await cancelEvent(ref, route);
  return cancelled.length > 0 ? 'Cancelled.' : 'It was no longer waiting, so nothing was cancelled.';
}
