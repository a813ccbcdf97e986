import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { type EventItem, STATES } from '../api/event-list';
import { drawAtEase } from '../live/draw-at-ease';
import { follow, listen } from '../live/stream';
import { useStill } from '../live/use-still';
import { Button } from '../parts/button';
import { Choice, FilterField } from '../parts/field';
import { countOf, formatCount } from '../parts/format';
import { ListState } from '../parts/list-head';
import { Empty } from '../parts/notice';
import { PageHead } from '../parts/page-head';
import { RouteField } from '../parts/route-field';
import { place, refine } from '../shell/place';
import { EventTable } from './events/event-table';
import { MAX_ITEMS, Tail, type TailView } from './live/tail';

/** News are gathered for this long, in ms, before the page is drawn again: a thousand a second are as calm as one. */
const DRAW_EVERY_MS = 250;

/** Events as they come in and change, with a filter and a pause. */
export function Live(): JSX.Element {
  const { query } = place.value;
  const wanted = { type: query.get('type') ?? '', state: query.get('state') ?? '', route: query.get('route') ?? '' };
  const { view, isPaused, setPaused } = useTail(wanted);
  const { region, items = [], news, show } = useStill(view.items, refOf, { asTheyWere: true });
  return (
    <>
      <PageHead title="Live flow">
        {isPaused
          ? `paused, ${countOf(view.waiting, 'piece of news', 'pieces of news')} since`
          : 'events as they come in and change'}
      </PageHead>
      <div class="filters">
        <FilterField name="Type" hint="com.shop.*" value={wanted.type} onChange={(type) => refine({ type })} />
        <Choice
          name="State"
          value={wanted.state}
          options={[['', 'any'], ...STATES.map((state) => [state, state] as const)]}
          onChange={(state) => refine({ state })}
        />
        <RouteField value={wanted.route} onChange={(route) => refine({ route })} />
        <Button icon={isPaused ? 'play' : 'pause'} pressed={isPaused} onClick={() => setPaused(!isPaused)}>
          {isPaused ? 'Go on' : 'Pause'}
        </Button>
      </div>
      <div class="stack">
        <section class="card" data-flush aria-label="Events as they come" ref={region}>
          {items.length === 0 ? (
            <Empty
              icon="live"
              title="Waiting for something to happen"
              command="npm run millrace -- events send com.ops.incident.opened --data '{&quot;service&quot;:&quot;checkout&quot;,&quot;title&quot;:&quot;slow&quot;,&quot;severity&quot;:&quot;high&quot;}'"
            >
              What is accepted or changes from now on appears here, within a second. Try it:
            </Empty>
          ) : (
            <>
              <ListState
                follows={isPaused ? 'Paused' : 'As it happens'}
                held={news === undefined ? undefined : { news, show }}
                most={MAX_ITEMS}
              >
                {view.dropped > 0 && (
                  <>
                    {formatCount(view.dropped)} left out, because there is more than can be shown. A filter shows all of
                    less; the <a href="events">list of events</a> has them all.
                  </>
                )}
              </ListState>
              <EventTable items={items} isNew={!view.isRushing} />
            </>
          )}
        </section>
      </div>
    </>
  );
}

function refOf({ ref }: EventItem): string {
  return ref;
}

function useTail(wanted: { type: string; state: string; route: string }) {
  const [view, setView] = useState<TailView>({ items: [], dropped: 0, waiting: 0, isRushing: false });
  const [isPaused, setPaused] = useState(false);
  const tail = useRef(new Tail());
  useEffect(() => {
    tail.current = new Tail();
    const unlisten = listen((event, data) => {
      if (event === 'event') tail.current.add(data as EventItem);
      if (event === 'dropped') tail.current.drop((data as { dropped: number }).dropped);
    });
    const unfollow = follow(wanted);
    return () => {
      unfollow();
      unlisten();
    };
  }, [JSON.stringify(wanted)]);
  useEffect(() => {
    const draw = () => setView(isPaused ? (last) => ({ ...last, waiting: tail.current.waiting }) : tail.current.show());
    return drawAtEase(draw, DRAW_EVERY_MS);
  }, [isPaused, JSON.stringify(wanted)]);
  return { view, isPaused, setPaused };
}
