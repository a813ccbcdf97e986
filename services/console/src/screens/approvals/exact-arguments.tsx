import type { JSX } from 'preact';
import type { Asks } from '../../api/events';
import { JsonView } from '../../parts/json-view';
import { linkToEvent } from '../../shell/place';
import { listArguments } from './approval-words';

/** What will be called with what, if somebody says yes: nothing less and nothing else. */
export function ExactArguments({
  asks: { server, tool, arguments: args },
  refOfEvent,
}: {
  asks: Asks;
  refOfEvent: string;
}): JSX.Element {
  if (args === undefined) {
    return (
      <p class="quiet">
        Its arguments are not kept here; <a href={linkToEvent(refOfEvent)}>the event</a> that they are made of is.
      </p>
    );
  }
  const lines = listArguments(args);
  return (
    <div class="stack-tight">
      <p>
        A yes calls <strong class="code">{tool}</strong> on <strong class="code">{server}</strong>, once,{' '}
        {lines?.length === 0 ? 'without an argument.' : 'with exactly:'}
      </p>
      {lines === undefined ? (
        <JsonView value={args} label="Arguments" />
      ) : (
        lines.length > 0 && (
          <dl class="facts exact">
            {lines.map(({ name, text }) => (
              <>
                <dt class="code">{name}</dt>
                <dd class="code">{text}</dd>
              </>
            ))}
          </dl>
        )
      )}
    </div>
  );
}
