import type { Event } from '@millrace/events';

/**
 * An event as expressions see it: its attributes by name, and `data` parsed where they are JSON. One view serves all
 * routes of an event.
 */
export type EventView = Readonly<Record<string, unknown>>;

/** Numbers that JSON.parse cannot hold exactly reach expressions rounded; the event itself keeps its bytes. */
export function viewOf(event: Event): EventView {
  const known = views.get(event);
  if (known !== undefined) return known;
  const data: unknown = event.data?.kind === 'json' ? JSON.parse(event.data.bytes.toString('utf8')) : undefined;
  const view = { ...event.attributes, data };
  views.set(event, view);
  return view;
}

const views = new WeakMap<Event, EventView>();
