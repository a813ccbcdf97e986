import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import type { EventItem } from '../../api/event-list';
import { StateBadge } from '../../parts/state-badge';
import { Time } from '../../parts/time';
import { linkToEvent } from '../../shell/place';

/**
 * Events one by one. `isNew`: whether those that were not shown yet catch the eye. A row is made once for each item: one
 * that is handed in again as the same object costs nothing.
 */
export function EventTable({ items, isNew = false }: { items: readonly EventItem[]; isNew?: boolean }): JSX.Element {
  const rows = useMemo(() => new WeakMap<EventItem, JSX.Element>(), []);
  const rowOf = (item: EventItem): JSX.Element => {
    const row = rows.get(item) ?? <EventRow key={item.ref} item={item} isNew={isNew} />;
    rows.set(item, row);
    return row;
  };
  return (
    <div class="table-scroll">
      <table data-folds>
        <thead>
          <tr>
            <th>Accepted</th>
            <th>Event</th>
            <th>State</th>
            <th>Routes</th>
            <th>Subject or key</th>
            <th>Source</th>
          </tr>
        </thead>
        <tbody>{items.map(rowOf)}</tbody>
      </table>
    </div>
  );
}

function EventRow({ item, isNew }: { item: EventItem; isNew: boolean }): JSX.Element {
  const { ref, type, source, subject, partitionkey, acceptedAt, state, routes } = item;
  return (
    <tr data-new={isNew}>
      <td>
        <Time at={acceptedAt} />
      </td>
      <td data-label="Event" class="break wide">
        <a href={linkToEvent(ref)}>{type}</a>
      </td>
      <td data-label="State">
        <StateBadge state={state} />
      </td>
      <td data-label="Routes">
        <span class="row">
          {routes.map((route) => (
            <span key={route.id} class="row">
              <span class="code">{route.id}</span>
              {route.state !== state && <StateBadge state={route.state} />}
            </span>
          ))}
        </span>
      </td>
      <td data-label="Subject" class="break">
        {subject ?? partitionkey ?? ''}
      </td>
      <td data-label="Source" class="break quiet">
        {source}
      </td>
    </tr>
  );
}
