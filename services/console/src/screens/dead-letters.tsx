import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { type Causes, listCauses } from '../api/causes';
import { type DeadLetterFilter, FILTER_NAMES, type JobKind, listDeadLetters } from '../api/dead-letters';
import { useLive } from '../live/use-live';
import { Button } from '../parts/button';
import { Choice, FilterField } from '../parts/field';
import { countOf } from '../parts/format';
import { MomentField } from '../parts/moment-field';
import { MoreFilters } from '../parts/more-filters';
import { Empty, RefusalNotice, Waiting } from '../parts/notice';
import { PageHead } from '../parts/page-head';
import { RouteField } from '../parts/route-field';
import { usePages } from '../parts/use-pages';
import { place, refine } from '../shell/place';
import { CauseList } from './dead-letters/causes';
import { JobDialog } from './dead-letters/job-dialog';
import { Jobs } from './dead-letters/jobs';
import { LetterTable } from './dead-letters/letter-table';

const EVERY_MS = 4_000;
/** Counting looks at many letters, so it is not done as often as the list is read. */
const COUNT_EVERY_MS = 6_000;
const PAGE = 200;
/** Conditions that are out of the way until somebody asks for them. */
const SELDOM = ['type', 'class', 'since', 'until'] as const;
/** What is known of the call that failed last. */
const CLASSES = [
  ['', 'any'],
  ['not-sent', 'was not sent'],
  ['refused', 'was refused'],
  ['failed-by-tool', 'failed by the tool'],
  ['unknown', 'outcome unknown'],
] as const;

/** What was given up: why, how often, and the ways on. The filter is in the address. */
export function DeadLetters(): JSX.Element {
  const filter = readFilter(place.value.query);
  const isFiltered = Object.keys(filter).length > 0;
  const [ordering, setOrdering] = useState<JobKind>();
  const letters = usePages(
    (cursor, signal) => listDeadLetters(filter, { limit: PAGE, cursor }, signal),
    ({ id }) => id,
    { everyMs: EVERY_MS, goesOn: isFiltered },
    [JSON.stringify(filter)],
  );
  const { value: causes, refresh: countAgain } = useLive((signal) => listCauses(filter, signal), COUNT_EVERY_MS, [
    JSON.stringify(filter),
  ]);
  const refresh = () => {
    letters.refresh();
    countAgain();
  };
  const items = letters.value?.items;
  const isEmpty = items !== undefined && items.length === 0 && letters.more === undefined;

  return (
    <>
      <PageHead title="Dead letters">{causes !== undefined && describeCount(causes, isFiltered)}</PageHead>
      <Filters filter={filter} />
      <div class="stack">
        <RefusalNotice refusal={letters.refusal} />
        <Jobs />
        {items === undefined && letters.refusal === undefined && <Waiting />}
        {isEmpty && (isFiltered ? <NothingMatches /> : <NothingDied />)}
        {items !== undefined && items.length > 0 && (
          <>
            <div class="row">
              <Button kind="primary" icon="retrying" steers onClick={() => setOrdering('redrives')}>
                {isFiltered ? 'Redrive what matches …' : 'Redrive all …'}
              </Button>
              <Button kind="danger" steers onClick={() => setOrdering('purges')}>
                {isFiltered ? 'Give up what matches …' : 'Give up all …'}
              </Button>
            </div>
            {causes !== undefined && hasChoice(causes, filter) && <CauseList causes={causes} onChanged={refresh} />}
            <LetterTable pages={letters} onChanged={refresh} />
          </>
        )}
      </div>
      {ordering !== undefined && (
        <JobDialog
          kind={ordering}
          filter={filter}
          onClose={() => {
            setOrdering(undefined);
            refresh();
          }}
        />
      )}
    </>
  );
}

function Filters({ filter }: { filter: DeadLetterFilter }): JSX.Element {
  const set = (name: keyof DeadLetterFilter) => (value: string) => refine({ [name]: value });
  return (
    <div class="filters">
      <FilterField name="Text" hint="in the event or the error" wide value={filter.text ?? ''} onChange={set('text')} />
      <RouteField value={filter.route ?? ''} onChange={set('route')} />
      <FilterField name="Reason" hint="attempts-exhausted" value={filter.reason ?? ''} onChange={set('reason')} />
      <FilterField name="Code" hint="TOOL_TIMEOUT" value={filter.code ?? ''} onChange={set('code')} />
      <MoreFilters isOpen={SELDOM.some((name) => filter[name] !== undefined)}>
        <FilterField name="Type" hint="com.shop.order.created" value={filter.type ?? ''} onChange={set('type')} />
        <Choice name="Last call" value={filter.class ?? ''} options={CLASSES} onChange={set('class')} />
        <MomentField name="Since" value={filter.since ?? ''} onChange={set('since')} />
        <MomentField name="Until" value={filter.until ?? ''} onChange={set('until')} />
      </MoreFilters>
      {Object.keys(filter).length > 0 && (
        <Button kind="quiet" icon="close" onClick={clear}>
          Clear
        </Button>
      )}
    </div>
  );
}

function clear(): void {
  refine(Object.fromEntries(FILTER_NAMES.map((name) => [name, ''])));
}

function NothingDied(): JSX.Element {
  return (
    <div class="card">
      <Empty icon="done" title="Nothing was given up" command="npm run millrace -- dead-letters list">
        A delivery that fails for good lies here with its cause and its event, until somebody sends it round again or
        gives it up. The same list on the command line:
      </Empty>
    </div>
  );
}

function NothingMatches(): JSX.Element {
  return (
    <div class="card">
      <Empty icon="search" title="No dead letter matches">
        Conditions are met exactly, apart from the text, which may stand anywhere in the event or the error.
      </Empty>
    </div>
  );
}

function describeCount({ matched, complete }: Causes, isFiltered: boolean): string | undefined {
  if (matched === 0) return undefined;
  const counted = countOf(matched, 'delivery', 'deliveries');
  return `${complete ? counted : `more than ${counted}`} ${isFiltered ? 'match' : 'given up'}`;
}

/** Under the filter of one cause there is nothing left to choose. */
function hasChoice({ items }: Causes, { reason, route }: DeadLetterFilter): boolean {
  return items.length > 1 || reason === undefined || route === undefined;
}

function readFilter(query: URLSearchParams): DeadLetterFilter {
  const set = FILTER_NAMES.map((name) => [name, query.get(name) ?? '']).filter(([, value]) => value !== '');
  return Object.fromEntries(set);
}
