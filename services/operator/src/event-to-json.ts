import type { EventSummary } from '@millrace/stream-client';

/** An event as lists and the live stream show it. */
export interface EventItem {
  readonly ref: string;
  readonly id: unknown;
  readonly source: unknown;
  readonly type: unknown;
  readonly subject?: unknown;
  readonly partitionkey?: unknown;
  readonly acceptedAt: Date;
  readonly state: string;
  readonly routes: EventSummary['routes'];
}

/** An event as lists and the live stream show it: never its data. */
export function eventToItem({ ref, attributes, acceptedAt, state, routes }: EventSummary): EventItem {
  const { id, source, type, subject, partitionkey } = attributes;
  return {
    ref,
    id,
    source,
    type,
    ...(subject === undefined ? {} : { subject }),
    ...(partitionkey === undefined ? {} : { partitionkey }),
    acceptedAt,
    state,
    routes,
  };
}
