import type { JSX } from 'preact';
import { type EventRecord, readEvent } from '../api/events';
import { useLive } from '../live/use-live';
import { Empty, RefusalNotice, Waiting } from '../parts/notice';
import { PageHead } from '../parts/page-head';
import { StateBadge } from '../parts/state-badge';
import { DeliveryCard } from './event/delivery-card';
import { EventFacts } from './event/event-facts';
import { StoryTree } from './event/story-tree';

const EVERY_MS = 1_500;

/** One event: what it says, and what has become of it along each route. */
export function EventScreen({ id }: { id: string }): JSX.Element {
  const { value: record, refusal, refresh } = useLive((signal) => readEvent(id, signal), EVERY_MS, [id]);
  const isUnknown = refusal?.status === 404 && record === undefined;
  return (
    <>
      <PageHead title={record?.event?.type ?? 'Event'}>
        {record !== undefined && <StateBadge state={record.state} />} <span class="code">{id}</span>
      </PageHead>
      {isUnknown && <Unknown />}
      {!isUnknown && <RefusalNotice refusal={refusal} />}
      {record === undefined && refusal === undefined && <Waiting />}
      {record !== undefined && (
        <div class="event-grid">
          <div class="stack">
            <Deliveries record={record} onChanged={refresh} />
            <StoryTree refOfEvent={record.ref} />
          </div>
          <EventFacts record={record} onChanged={refresh} />
        </div>
      )}
    </>
  );
}

function Deliveries({ record, onChanged }: { record: EventRecord; onChanged: () => void }): JSX.Element {
  if (record.routes.length === 0) {
    return (
      <div class="card">
        {record.state === 'done' ? (
          <Empty icon="routes" title="No route takes this event" command="npm run millrace -- routes test event.json">
            It was accepted and settled, and there was nothing to do. See which route would take it, and why the others
            do not:
          </Empty>
        ) : (
          <Empty icon="waiting" title="Nobody has taken it yet">
            It is stored and waits for a consumer. The <a href="consumers">consumers</a> and what they hold.
          </Empty>
        )}
      </div>
    );
  }
  return (
    <div class="stack">
      {record.routes.map((delivery) => (
        <DeliveryCard key={delivery.id} refOfEvent={record.ref} delivery={delivery} onChanged={onChanged} />
      ))}
    </div>
  );
}

function Unknown(): JSX.Element {
  return (
    <div class="card">
      <Empty icon="search" title="No event has this ref" command="npm run millrace -- events show REF">
        It was never given, or its record has expired: records stay for a day after their event is finished, open and
        dead ones for as long as they are.
      </Empty>
    </div>
  );
}
