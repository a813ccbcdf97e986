import type { JSX } from 'preact';
import { type Call, listCalls } from '../../api/fleet';
import { Choice, FilterField } from '../../parts/field';
import { ListFoot } from '../../parts/list-foot';
import { ListHead } from '../../parts/list-head';
import { Empty, RefusalNotice } from '../../parts/notice';
import { formatDuration } from '../../parts/relative-time';
import { StateBadge } from '../../parts/state-badge';
import { Time } from '../../parts/time';
import { usePages } from '../../parts/use-pages';
import { linkToEvent, place, refine } from '../../shell/place';

const EVERY_MS = 2_000;
const PAGE = 50;
const OUTCOMES = [
  ['', 'any'],
  ['failed', 'failed'],
  ['done', 'done'],
] as const;

/** The last calls of a server, the latest first, kept up to date. The filter is in the address. */
export function CallTable({ server }: { server: string }): JSX.Element {
  const { query } = place.value;
  const filter = { tool: query.get('tool') ?? '', outcome: query.get('outcome') ?? '' };
  const calls = usePages<Call>(
    (cursor, signal) => listCalls(server, { ...filter, limit: PAGE, cursor }, signal),
    ({ at, ref, tool, attempt }) => `${at} ${ref} ${tool} ${attempt}`,
    { everyMs: EVERY_MS },
    [server, JSON.stringify(filter)],
  );
  return (
    <section class="card" data-flush aria-label="Calls" ref={calls.region}>
      <div class="card-head">
        <h2>Last calls</h2>
      </div>
      <div class="filters card-filters">
        <FilterField name="Tool" value={filter.tool} onChange={(tool) => refine({ tool })} />
        <Choice name="Outcome" value={filter.outcome} options={OUTCOMES} onChange={(outcome) => refine({ outcome })} />
      </div>
      <RefusalNotice refusal={calls.refusal} />
      <ListHead pages={calls} />
      {calls.value?.items.length === 0 && (
        <Empty icon="servers" title="No such call">
          The last 500 calls that succeeded and the last 500 that failed are kept for a day.
        </Empty>
      )}
      {calls.value !== undefined && calls.value.items.length > 0 && (
        <div class="table-scroll">
          <table data-folds>
            <thead>
              <tr>
                <th>Ended</th>
                <th>Tool</th>
                <th>Route</th>
                <th class="number">Took</th>
                <th>Outcome</th>
                <th class="number">Attempt</th>
                <th>Event</th>
              </tr>
            </thead>
            <tbody>
              {calls.value.items.map((call) => (
                <CallRow key={`${call.at} ${call.ref} ${call.tool} ${call.attempt}`} call={call} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      <ListFoot pages={calls} one="call" />
    </section>
  );
}

function CallRow({ call }: { call: Call }): JSX.Element {
  const { at, tool, route, ref, attempt, outcome, code, durationMs } = call;
  return (
    <tr>
      <td>
        <Time at={at} />
      </td>
      <td data-label="Tool" class="code">
        {tool}
      </td>
      <td data-label="Route" class="code nowrap">
        {route}
      </td>
      <td data-label="Took" class="number">
        {formatDuration(durationMs)}
      </td>
      <td data-label="Outcome">
        <StateBadge state={outcome === 'done' ? 'done' : 'failed'} word={code ?? outcome} />
      </td>
      <td data-label="Attempt" class="number">
        {attempt}
      </td>
      <td data-label="Event" class="code break">
        <a href={linkToEvent(ref)}>{ref}</a>
      </td>
    </tr>
  );
}
