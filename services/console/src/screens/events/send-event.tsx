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

/** What somebody begins with who has nothing at hand: the event of the demonstration. */
const EXAMPLE = {
  type: 'com.shop.order.created',
  data: JSON.stringify({ orderId: '1001', total: 199.5, sku: 'mug', quantity: 1 }, undefined, 2),
};
const TYPES_EVERY_MS = 60_000;

/** Sends an event by hand, and goes to where one sees what becomes of it. */
export function SendEvent(): JSX.Element {
  const [isAsking, setAsking] = useState(false);
  return (
    <>
      <Button kind="primary" icon="events" steers onClick={() => setAsking(true)}>
        Send an event …
      </Button>
      {isAsking && <SendDialog onClose={() => setAsking(false)} />}
    </>
  );
}

function SendDialog({ onClose }: { onClose: () => void }): JSX.Element {
  const { value: routes } = useLive(listRoutes, TYPES_EVERY_MS, []);
  const [type, setType] = useState(EXAMPLE.type);
  const [data, setData] = useState(EXAMPLE.data);
  // Made once: pressed again after an answer that was lost, it is the same event.
  const [own] = useState(() => ({ id: makeId(), time: new Date().toISOString() }));
  const action = useAction();
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
            onInput={(event) => setType(event.currentTarget.value.trim())}
          />
        </label>
        <datalist id="known-types">
          {typesOf(routes?.items ?? []).map((known) => (
            <option key={known} value={known} />
          ))}
        </datalist>
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

/** The types that routes name in full. */
function typesOf(routes: readonly Route[]): readonly string[] {
  const named = routes.flatMap(({ on }) => (typeof on?.type === 'string' ? [on.type] : []));
  return [...new Set(named)].sort();
}
