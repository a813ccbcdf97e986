import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { type EventRecord, readEvent } from '../../api/events';
import { Refusal } from '../../api/refusal';
import { readStory, type StoryEvent } from '../../api/story';
import { useLive } from '../../live/use-live';
import { StateBadge } from '../../parts/state-badge';
import { linkToEvent } from '../../shell/place';

const EVERY_MS = 4_000;

/** What an event comes from and what it has caused, as a tree from the first event on. Nothing where it stands alone. */
export function StoryTree({ refOfEvent }: { refOfEvent: string }): JSX.Element | null {
  const kept = useMemo<Kept>(() => new Map(), [refOfEvent]);
  const { value: story } = useLive((signal) => readStory(refOfEvent, readOrKeep(kept, signal)), EVERY_MS, [refOfEvent]);
  if (story === undefined || (story.first.caused.length === 0 && story.first.ref === refOfEvent)) return null;
  return (
    <section class="card stack-tight" aria-label="Causes and effects">
      <h2>Causes and effects</h2>
      <ul class="tree">
        <Branch event={story.first} current={refOfEvent} />
      </ul>
      {story.isPart && <p class="quiet">It goes on; open an event further down to see more.</p>}
    </section>
  );
}

function Branch({ event, current, route }: { event: StoryEvent; current: string; route?: string }): JSX.Element {
  const { ref, type, state, caused } = event;
  const name = type ?? 'an event that has expired';
  return (
    <li>
      {route !== undefined && <span class="tree-route code">{route}</span>}
      <span class="row">
        {ref === current ? <strong aria-current="true">{name}</strong> : <a href={linkToEvent(ref)}>{name}</a>}
        {state !== undefined && <StateBadge state={state} />}
      </span>
      {caused.length > 0 && (
        <ul>
          {caused.map((one) => (
            <Branch key={one.event.ref} event={one.event} current={current} route={one.route} />
          ))}
        </ul>
      )}
    </li>
  );
}

type Kept = Map<string, EventRecord | undefined>;

/** Reads records, but not again what changes no more: what is done, and what is gone. */
function readOrKeep(kept: Kept, signal: AbortSignal) {
  return async (ref: string): Promise<EventRecord | undefined> => {
    if (kept.has(ref)) return kept.get(ref);
    const record = await readOrNothing(ref, signal);
    if (record === undefined || record.state === 'done') kept.set(ref, record);
    return record;
  };
}

async function readOrNothing(ref: string, signal: AbortSignal): Promise<EventRecord | undefined> {
  try {
    return await readEvent(ref, signal);
  } catch (error) {
    if (error instanceof Refusal && error.status === 404) return undefined;
    throw error;
  }
}
