import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { type Preview, tryRoute } from '../../api/routes';
import { useAction } from '../../live/use-action';
import { JsonView } from '../../parts/json-view';
import { Notice, RefusalNotice } from '../../parts/notice';

/** What a call was made with, where that was not kept: as the route would make it of the event today. Nothing is sent. */
export function ArgumentsNow({ route, refOfEvent }: { route: string; refOfEvent: string }): JSX.Element {
  const [preview, setPreview] = useState<Preview>();
  const action = useAction();
  const render = (isOpen: boolean) => {
    if (!isOpen || preview !== undefined) return;
    action.run(async () => {
      setPreview(await tryRoute(route, refOfEvent));
      return '';
    });
  };
  return (
    <details onToggle={(event) => render(event.currentTarget.open)}>
      <summary>Arguments</summary>
      <div class="stack-tight">
        <p class="quiet">They were not kept. The route as it is today makes these of the event:</p>
        <RefusalNotice refusal={action.refusal} />
        {preview?.kind === 'call' && <JsonView value={preview.arguments} label="Arguments of today" />}
        {preview !== undefined && preview.kind !== 'call' && (
          <Notice tone="idle">No call{preview.why !== undefined && `: ${preview.why}`}.</Notice>
        )}
      </div>
    </details>
  );
}
