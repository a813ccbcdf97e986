import { Component, type JSX } from 'preact';
import type { EventItem } from '../../api/event-list';
import { StateBadge } from '../../parts/state-badge';
import { Time } from '../../parts/time';
import { linkToEvent } from '../../shell/place';

/** Events one by one. `isNew`: whether those that were not shown yet catch the eye. */
export function EventTable({ items, isNew = false }: { items: readonly EventItem[]; isNew?: boolean }): JSX.Element {
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
        <tbody>
          {items.map((item) => (
            <EventRow key={item.ref} item={item} isNew={isNew} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface EventRowProps {
  readonly item: EventItem;
  readonly isNew: boolean;
}

/**
 * Drawn once for each item: one that is handed in again as the same object costs nothing. An element that is kept for that would
 * keep the rows it was first drawn with, those theirs, and so all that ever were.
 */
class EventRow extends Component<EventRowProps> {
  override shouldComponentUpdate({ item }: EventRowProps): boolean {
    return item !== this.props.item;
  }

  override render({ item, isNew }: EventRowProps): JSX.Element {
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
}
