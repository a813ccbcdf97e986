import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { searchEvents } from '../../api/event-list';
import { type Preview, tryRoute } from '../../api/routes';
import { useAction } from '../../live/use-action';
import { useLive } from '../../live/use-live';
import { Button } from '../../parts/button';
import { JsonView } from '../../parts/json-view';
import { Notice, RefusalNotice } from '../../parts/notice';

/** Rarely: the events should not change under the hand that chooses. */
const EVERY_MS = 30_000;
/** Events to choose from. */
const RECENT = 20;

/** Asks what a route would do with an event of the past. Nothing is sent. */
export function TryRoute({ id }: { id: string }): JSX.Element {
  const [isOpen, setOpen] = useState(false);
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>Try it with a recent event</summary>
      {isOpen && <TryForm id={id} />}
    </details>
  );
}

function TryForm({ id }: { id: string }): JSX.Element {
  const recent = useLive((signal) => searchEvents({}, { limit: RECENT }, signal), EVERY_MS, []);
  const [chosen, setChosen] = useState('');
  const [said, setSaid] = useState<Preview>();
  const action = useAction();
  const items = recent.value?.items ?? [];
  const ref = chosen || items[0]?.ref || '';
  const attempt = (event: Event) => {
    event.preventDefault();
    setSaid(undefined);
    action.run(async () => {
      setSaid(await tryRoute(id, ref));
      return 'Nothing was sent.';
    });
  };
  return (
    <form class="stack-tight" onSubmit={attempt}>
      <label class="field">
        <span>Event</span>
        <select value={ref} onChange={(event) => setChosen(event.currentTarget.value)}>
          {items.map((item) => (
            <option key={item.ref} value={item.ref}>
              {item.type} {item.subject ?? ''} {item.ref}
            </option>
          ))}
        </select>
      </label>
      <RefusalNotice refusal={recent.refusal} />
      {recent.value !== undefined && items.length === 0 && <p class="quiet">There is no event yet.</p>}
      <div class="row">
        <Button size="small" type="submit" disabled={ref === '' || action.isBusy}>
          Try it
        </Button>
        <span class="quiet">Nothing is sent.</span>
      </div>
      <RefusalNotice refusal={action.refusal} />
      {said !== undefined && <Said preview={said} />}
    </form>
  );
}

/** What the route would do, in words; the arguments as they would be sent. */
function Said({ preview }: { preview: Preview }): JSX.Element {
  const { kind, why, at, target, file, model, arguments: args } = preview;
  if (kind === 'no-match') return <Notice tone="idle">It would not take it: {why}.</Notice>;
  if (kind === 'failed') {
    return (
      <Notice tone="bad">
        It would fail on it, in <code>{at}</code>: {why}
      </Notice>
    );
  }
  if (kind === 'handler') return <Notice tone="good">It would run {file}.</Notice>;
  if (kind === 'agent') return <Notice tone="good">It would ask the model {model}.</Notice>;
  return (
    <>
      <Notice tone="good">
        It would call {target?.tool} on {[target?.server, ...(target?.equivalents ?? [])].join(' or ')}.
      </Notice>
      <JsonView value={args} label="Arguments" />
    </>
  );
}
