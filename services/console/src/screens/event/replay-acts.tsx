import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { type CloudEvent, type EventRecord, type Replayed, replayEvent } from '../../api/events';
import { useAction } from '../../live/use-action';
import { Button } from '../../parts/button';
import { Dialog } from '../../parts/dialog';
import { countOf } from '../../parts/format';
import { makeId } from '../../parts/json-text';
import { ActionNotice, Notice } from '../../parts/notice';
import { linkToEvent } from '../../shell/place';
import { type Draft, draftOf, editOf, hasLongNumber } from './edit';

interface ReplayProps {
  readonly event: CloudEvent;
  readonly record: EventRecord;
}

/** Sends the event again as a new one, as it was or edited, once somebody has said yes. */
export function ReplayActs({ event, record }: ReplayProps): JSX.Element {
  const [asking, setAsking] = useState<'as-it-was' | 'edited'>();
  const [made, setMade] = useState<Replayed>();
  const ways = {
    onClose: () => setAsking(undefined),
    onSent: (replayed: Replayed) => {
      setAsking(undefined);
      setMade(replayed);
    },
  };
  return (
    <div class="stack-tight">
      <div class="row">
        <Button size="small" icon="retrying" steers onClick={() => setAsking('as-it-was')}>
          Replay …
        </Button>
        <Button size="small" steers onClick={() => setAsking('edited')}>
          Edit and send …
        </Button>
      </div>
      {made !== undefined && (
        <Notice tone="good">
          Sent {made.edited.length === 0 ? 'as it was' : `with other ${made.edited.join(', ')}`}:{' '}
          <a href={linkToEvent(made.ref)}>see what becomes of it</a>
        </Notice>
      )}
      {asking === 'as-it-was' && <ReplayDialog event={event} record={record} {...ways} />}
      {asking === 'edited' && <EditDialog event={event} record={record} {...ways} />}
    </div>
  );
}

type DialogProps = ReplayProps & { readonly onClose: () => void; readonly onSent: (replayed: Replayed) => void };

function ReplayDialog({ record, onClose, onSent }: DialogProps): JSX.Element {
  // Made once: pressed again after an answer that was lost, it is the same replay.
  const [id] = useState(makeId);
  const action = useAction();
  const send = () =>
    action.run(async () => {
      onSent(await replayEvent(record.ref, JSON.stringify({ id })));
      return 'Sent.';
    });
  return (
    <Dialog title="Replay this event" onClose={onClose}>
      <p>{whatItDoes(record)}</p>
      <ActionNotice action={action} />
      <div class="dialog-foot">
        <Button onClick={onClose}>Leave it</Button>
        <Button kind="primary" steers disabled={action.isBusy} onClick={send}>
          Send 1 event
        </Button>
      </div>
    </Dialog>
  );
}

function EditDialog({ event: given, record, onClose, onSent }: DialogProps): JSX.Element {
  // What is edited is the event as it was when somebody began.
  const [event] = useState(given);
  const [id] = useState(makeId);
  const [draft, setDraft] = useState<Draft>(() => draftOf(event));
  const action = useAction();
  const edit = editOf(event, draft, id);
  const barred = whyDataStay(event);
  const send = (submitted: Event) => {
    submitted.preventDefault();
    if (edit === undefined) return;
    action.run(async () => {
      onSent(await replayEvent(record.ref, edit));
      return 'Sent.';
    });
  };
  return (
    <Dialog title="Edit and send" onClose={onClose}>
      <form class="stack" onSubmit={send}>
        <p>{whatItDoes(record)} Edited, it is trusted as far as you are, and no longer as its sender was.</p>
        <label class="field">
          <span>Type</span>
          <input
            required
            value={draft.type}
            onInput={({ currentTarget }) => setDraft({ ...draft, type: currentTarget.value.trim() })}
          />
        </label>
        <label class="field">
          <span>Subject</span>
          <input
            value={draft.subject}
            onInput={({ currentTarget }) => setDraft({ ...draft, subject: currentTarget.value.trim() })}
          />
        </label>
        <label class="field">
          <span>Data, as JSON</span>
          <textarea
            class="code"
            rows={12}
            spellcheck={false}
            disabled={barred !== undefined}
            aria-invalid={edit === undefined}
            value={draft.data}
            onInput={({ currentTarget }) => setDraft({ ...draft, data: currentTarget.value })}
          />
        </label>
        {barred !== undefined && <Notice tone="warn">{barred}</Notice>}
        {edit === undefined && <Notice tone="warn">The data are not JSON yet.</Notice>}
        <ActionNotice action={action} />
        <div class="dialog-foot">
          <Button onClick={onClose}>Leave it</Button>
          <Button kind="primary" type="submit" steers disabled={action.isBusy || edit === undefined}>
            Send 1 event
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function whatItDoes({ routes }: EventRecord): string {
  const taken = routes.length === 0 ? 'no route' : countOf(routes.length, 'route');
  return (
    `It is sent again as a new event. The first was taken by ${taken}; every route that takes it today is carried out ` +
    'again, with new keys: what it did, it does once more. To carry out what has failed and nothing else, redrive that.'
  );
}

/** Why the data cannot be edited here; undefined: they can. */
function whyDataStay({ data, data_base64 }: CloudEvent): string | undefined {
  if (data_base64 !== undefined) return 'The data are no JSON, and stay as they are. The command line can send others.';
  if (hasLongNumber(data))
    return 'The data have a number that is too long for a browser, and stay as they are. The command line can send others.';
  return undefined;
}
