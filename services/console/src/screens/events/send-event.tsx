import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { listRoutes, type Route } from '../../api/routes';
import { sendEvent } from '../../api/send';
import { useAction } from '../../live/use-action';
import { useLive } from '../../live/use-live';
import { Button } from '../../parts/button';
import { Dialog } from '../../parts/dialog';
import { isJson, makeId } from '../../parts/json-text';
import { ActionNotice, Notice } from '../../parts/notice';
import { go, linkToEvent } from '../../shell/place';
import { EXAMPLES, exampleOf, FIRST_TYPE } from './examples';

const TYPES_EVERY_MS = 60_000;
/** Types that can be chosen with one press. */
const MAX_OFFERED = 8;

/** Sends an event by hand, and goes to where one sees what becomes of it. */
export function SendEvent(): JSX.Element {
  const [isAsking, setAsking] = useState(false);
  return (
    <>
      <Button kind="primary" icon="arrow" steers label="Send an event …" onClick={() => setAsking(true)}>
        <span class="on-wide">Send an event …</span>
      </Button>
      {isAsking && <SendDialog onClose={() => setAsking(false)} />}
    </>
  );
}

function SendDialog({ onClose }: { onClose: () => void }): JSX.Element {
  const { value: routes } = useLive(listRoutes, TYPES_EVERY_MS, []);
  const [type, setType] = useState(FIRST_TYPE);
  const [data, setData] = useState(exampleOf(FIRST_TYPE));
  // Made once: pressed again after an answer that was lost, it is the same event.
  const [own] = useState(() => ({ id: makeId(), time: new Date().toISOString() }));
  const action = useAction();
  const types = typesOf(routes?.items ?? []);
  const choose = (chosen: string) => {
    // What somebody has typed stays.
    if (data === exampleOf(type)) setData(exampleOf(chosen));
    setType(chosen);
  };
  const send = (submitted: Event) => {
    submitted.preventDefault();
    if (!isJson(data)) return;
    action.run(async () => {
      const { ref } = await sendEvent(`${JSON.stringify({ ...own, type }).slice(0, -1)},"data":${data}}`);
      go(linkToEvent(ref));
      return 'Sent.';
    });
  };
  return (
    <Dialog title="Send an event" onClose={onClose}>
      <form class="stack" onSubmit={send}>
        <p>It is carried out like every other: every route that takes it does what it does.</p>
        <label class="field">
          <span>Type</span>
          <input
            required
            list="known-types"
            value={type}
            onInput={(event) => choose(event.currentTarget.value.trim())}
          />
        </label>
        <datalist id="known-types">
          {types.map((known) => (
            <option key={known} value={known} />
          ))}
        </datalist>
        <OfferedTypes types={types} onChoose={choose} />
        <label class="field">
          <span>Data, as JSON</span>
          <textarea
            class="code"
            rows={10}
            spellcheck={false}
            aria-invalid={!isJson(data)}
            value={data}
            onInput={(event) => setData(event.currentTarget.value)}
          />
        </label>
        {!isJson(data) && <Notice tone="warn">The data are not JSON yet.</Notice>}
        <ActionNotice action={action} />
        <div class="dialog-foot">
          <Button onClick={onClose}>Leave it</Button>
          <Button kind="primary" type="submit" steers disabled={action.isBusy || !isJson(data)}>
            Send
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function OfferedTypes({
  types,
  onChoose,
}: {
  types: readonly string[];
  onChoose: (type: string) => void;
}): JSX.Element | null {
  if (types.length === 0) return null;
  return (
    <div class="row">
      <span class="quiet">Routes take</span>
      {types.slice(0, MAX_OFFERED).map((type) => (
        <Button key={type} size="small" onClick={() => onChoose(type)}>
          {type}
        </Button>
      ))}
    </div>
  );
}

/** The types that routes name in full, those with an example first. */
function typesOf(routes: readonly Route[]): readonly string[] {
  const named = new Set(routes.flatMap(({ on }) => (typeof on?.type === 'string' ? [on.type] : [])));
  const hasExample = (type: string) => Number(type in EXAMPLES);
  return [...named].sort((a, b) => hasExample(b) - hasExample(a) || (a < b ? -1 : 1));
}
