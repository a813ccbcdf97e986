import type { JSX } from 'preact';
import type { CloudEvent, EventRecord } from '../../api/events';
import { CopyButton } from '../../parts/copy-button';
import { JsonView } from '../../parts/json-view';
import { formatDuration } from '../../parts/relative-time';
import { Time } from '../../parts/time';
import { linkToEvent } from '../../shell/place';
import { ReplayActs } from './replay-acts';
import { toCurl } from './to-curl';

/** What the event says of itself, its data, and the ways to take it along. */
export function EventFacts({ record }: { record: EventRecord; onChanged: () => void }): JSX.Element {
  const { event, ref, acceptedAt, finishedAt, causedBy } = record;
  return (
    <aside class="stack" aria-label="The event">
      <section class="card stack-tight">
        <dl class="facts">
          <dt>Accepted</dt>
          <dd>
            <Time at={acceptedAt} />
          </dd>
          {finishedAt !== undefined && (
            <>
              <dt>Finished</dt>
              <dd>after {formatDuration(Date.parse(finishedAt) - Date.parse(acceptedAt))}</dd>
            </>
          )}
          {causedBy !== undefined && (
            <>
              <dt>{causedBy.replayed ? 'Replay of' : 'Caused by'}</dt>
              <dd>
                <a href={linkToEvent(causedBy.ref)}>{causedBy.type}</a>
              </dd>
            </>
          )}
          {event !== null &&
            Object.entries(attributesOf(event)).map(([name, value]) => (
              <>
                <dt>{name}</dt>
                <dd class="code">{String(value)}</dd>
              </>
            ))}
        </dl>
        <div class="row">
          <CopyButton text={ref} word="Copy ref" />
          {event !== null && <CopyButton text={toCurl(event)} word="Copy as curl" />}
        </div>
        {event !== null && <ReplayActs event={event} record={record} />}
      </section>
      {event === null ? (
        <p class="quiet">The event itself was trimmed before its time; its record is left.</p>
      ) : (
        <section class="card">
          <JsonView value={event.data ?? event.data_base64 ?? null} label="Data" />
        </section>
      )}
      <details class="card">
        <summary>The whole record, raw</summary>
        <JsonView value={record} label="Record" />
      </details>
    </aside>
  );
}

function attributesOf({ data: _data, data_base64: _bytes, specversion: _version, ...attributes }: CloudEvent) {
  return attributes;
}
