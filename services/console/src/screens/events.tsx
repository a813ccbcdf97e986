import type { JSX } from 'preact';
import { type EventItem, type EventSearch, SEARCH_NAMES, STATES, searchEvents } from '../api/event-list';
import { Button } from '../parts/button';
import { Choice, FilterField } from '../parts/field';
import { ListFoot } from '../parts/list-foot';
import { ListHead } from '../parts/list-head';
import { MomentField } from '../parts/moment-field';
import { MoreFilters } from '../parts/more-filters';
import { Empty, RefusalNotice, Waiting } from '../parts/notice';
import { PageHead } from '../parts/page-head';
import { RouteField } from '../parts/route-field';
import { usePages } from '../parts/use-pages';
import { place, refine } from '../shell/place';
import { EventTable } from './events/event-table';

const EVERY_MS = 3_000;
const SEARCH_EVERY_MS = 10_000;
const PAGE = 100;
/** Conditions that are out of the way until somebody asks for them. */
const SELDOM = ['subject', 'key', 'source', 'id', 'since', 'until'] as const;
const CHOICES = [['', 'any'], ...STATES.map((state) => [state, state] as const)] as const;

/** The events in retention, the latest first. The search is in the address. */
export function Events(): JSX.Element {
  const search = readSearch(place.value.query);
  const isSearched = Object.keys(search).length > 0;
  const events = usePages<EventItem>(
    (cursor, signal) => searchEvents(search, { limit: PAGE, cursor }, signal),
    ({ ref }) => ref,
    { everyMs: isSearched ? SEARCH_EVERY_MS : EVERY_MS, goesOn: isSearched },
    [JSON.stringify(search)],
  );
  const items = events.value?.items;
  return (
    <>
      <PageHead title="Events">the latest first, as far back as they are kept</PageHead>
      <Filters search={search} />
      <div class="stack">
        <RefusalNotice refusal={events.refusal} />
        {items === undefined && events.refusal === undefined && <Waiting />}
        {items?.length === 0 && events.more === undefined && <Nothing isSearched={isSearched} />}
        {items !== undefined && (items.length > 0 || events.more !== undefined) && (
          <section class="card" data-flush aria-label="Events" ref={events.region}>
            <ListHead pages={events} />
            {items.length > 0 && <EventTable items={items} />}
            <ListFoot pages={events} one="event" />
          </section>
        )}
      </div>
    </>
  );
}

function Filters({ search }: { search: EventSearch }): JSX.Element {
  const set = (name: keyof EventSearch) => (value: string) => refine({ [name]: value });
  const field = (name: keyof EventSearch, title: string, hint = '') => (
    <FilterField name={title} hint={hint} value={search[name] ?? ''} onChange={set(name)} />
  );
  return (
    <div class="filters">
      <FilterField name="Text" hint="anywhere in the event" wide value={search.text ?? ''} onChange={set('text')} />
      {field('type', 'Type', 'com.shop.*')}
      <Choice name="State" value={search.state ?? ''} options={CHOICES} onChange={set('state')} />
      <RouteField value={search.route ?? ''} onChange={set('route')} />
      <MoreFilters isOpen={SELDOM.some((name) => search[name] !== undefined)}>
        {field('subject', 'Subject')}
        {field('key', 'Partition key')}
        {field('source', 'Source', '/shop')}
        {field('id', 'Id')}
        <MomentField name="Since" value={search.since ?? ''} onChange={set('since')} />
        <MomentField name="Until" value={search.until ?? ''} onChange={set('until')} />
      </MoreFilters>
      {Object.keys(search).length > 0 && (
        <Button kind="quiet" icon="close" onClick={clear}>
          Clear
        </Button>
      )}
    </div>
  );
}

function Nothing({ isSearched }: { isSearched: boolean }): JSX.Element {
  return (
    <div class="card">
      {isSearched ? (
        <Empty icon="search" title="No event matches">
          Conditions are met exactly, apart from the text, and a type that ends with <code>*</code>. Events that were
          finished longer ago than they are kept are not found any more.
        </Empty>
      ) : (
        <Empty
          icon="events"
          title="No event has come in yet"
          command="npm run millrace -- events send com.shop.order.created --data '{&quot;orderId&quot;:&quot;1001&quot;,&quot;total&quot;:199.5,&quot;sku&quot;:&quot;mug&quot;,&quot;quantity&quot;:1}'"
        >
          Send one, and it appears here:
        </Empty>
      )}
    </div>
  );
}

function clear(): void {
  refine(Object.fromEntries(SEARCH_NAMES.map((name) => [name, ''])));
}

function readSearch(query: URLSearchParams): EventSearch {
  return Object.fromEntries(
    SEARCH_NAMES.map((name) => [name, query.get(name) ?? '']).filter(([, value]) => value !== ''),
  );
}
