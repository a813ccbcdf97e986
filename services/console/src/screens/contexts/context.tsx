import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { clearContext, type Memory, readContext } from '../../api/contexts';
import { useAction } from '../../live/use-action';
import { useLive } from '../../live/use-live';
import { Button } from '../../parts/button';
import { Dialog } from '../../parts/dialog';
import { countOf } from '../../parts/format';
import { ActionNotice, Empty, Notice, RefusalNotice, Waiting } from '../../parts/notice';
import { PageHead } from '../../parts/page-head';
import { Time } from '../../parts/time';
import { go } from '../../shell/place';

const EVERY_MS = 5_000;

/** What is remembered of one context: as the next event's model is shown it. */
export function ContextScreen({ id }: { id: string }): JSX.Element {
  const { value: context, refusal } = useLive((signal) => readContext(id, signal), EVERY_MS, [id]);
  const isForgotten = refusal?.status === 404;
  return (
    <>
      <PageHead title={context?.name ?? 'Memory'}>
        <a href="contexts">all contexts</a>
        {context !== undefined && (
          <>
            {' '}
            of <span class="code">{context.route}</span>, changed <Time at={context.updatedAt} />
          </>
        )}
      </PageHead>
      <div class="stack">
        {isForgotten ? (
          <div class="card">
            <Empty icon="memory" title="Nothing is remembered here">
              It was forgotten, by hand or because no event came for a long time.
            </Empty>
          </div>
        ) : (
          <RefusalNotice refusal={refusal} />
        )}
        {context === undefined && refusal === undefined && <Waiting />}
        {context !== undefined && !isForgotten && (
          <>
            <Remembered memory={context.memory} />
            <Forget id={id} />
          </>
        )}
      </div>
    </>
  );
}

function Remembered({ memory }: { memory: unknown }): JSX.Element {
  if (typeof memory !== 'object' || memory === null)
    return <Notice tone="idle">Your key may not see what is remembered.</Notice>;
  const { origin, events = 0, summary = '', turns = [], facts = [] } = memory as Memory;
  return (
    <>
      <section class="card stack-tight" aria-label="In short">
        <dl class="facts">
          <dt>Events</dt>
          <dd>{countOf(events, 'event')} in all</dd>
          <dt>Trusted as</dt>
          <dd>
            {origin?.trust ?? 'anonymous'}
            {origin?.isFromOutside !== false && ', with words that tools brought back from outside'}
          </dd>
        </dl>
        {summary !== '' && <p class="said">{summary}</p>}
      </section>
      {turns.length > 0 && (
        <section class="card stack" aria-label="The last events">
          <h2>The last events</h2>
          <ol class="timeline">
            {[...turns].reverse().map(({ at, event, result, calls }) => (
              <li class="step stack-tight" data-tone="good" key={`${at} ${event}`}>
                <Time at={at} />
                <p class="break code">{event}</p>
                {calls.length > 0 && <p class="quiet break">{calls.join(', ')}</p>}
                <p class="break said">{result}</p>
              </li>
            ))}
          </ol>
        </section>
      )}
      {facts.length > 0 && (
        <section class="card stack" aria-label="What tools said">
          <h2>What tools said</h2>
          <dl class="facts">
            {[...facts].reverse().map(({ at, tool, said }) => (
              <>
                <dt class="code">{tool}</dt>
                <dd>
                  {said}{' '}
                  <span class="quiet">
                    <Time at={at} />
                  </span>
                </dd>
              </>
            ))}
          </dl>
        </section>
      )}
    </>
  );
}

function Forget({ id }: { id: string }): JSX.Element {
  const [isAsking, setAsking] = useState(false);
  const action = useAction();
  const forget = () =>
    action.run(async () => {
      await clearContext(id);
      go('contexts');
      return 'Forgotten.';
    });
  return (
    <div class="row">
      <Button kind="danger" steers onClick={() => setAsking(true)}>
        Forget it …
      </Button>
      {isAsking && (
        <Dialog title="Forget what is remembered here" onClose={() => setAsking(false)}>
          <p>
            The next event of this context begins with nothing. A delivery that is at work in it has read it already.
          </p>
          <ActionNotice action={action} />
          <div class="dialog-foot">
            <Button onClick={() => setAsking(false)}>Keep it</Button>
            <Button kind="danger" disabled={action.isBusy} onClick={forget}>
              Forget it
            </Button>
          </div>
        </Dialog>
      )}
    </div>
  );
}
