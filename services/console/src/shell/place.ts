import { signal } from '@preact/signals';

/** Where in the console somebody is: the path below its beginning, without a slash in front, and the query. */
export interface Place {
  readonly path: string;
  readonly query: URLSearchParams;
}

const base = document.querySelector('base');
/** The path at which the console begins, with a slash at its end. */
const beginning = new URL(document.baseURI).pathname;
// As it was sent it is relative to the page's own address, which changes with every step from here on.
if (base !== null) base.href = beginning;

export const place = signal(readPlace());

addEventListener('popstate', () => {
  place.value = readPlace();
});

// Links are plain ones, so that they can be opened in a tab of their own; a plain click stays on the page.
document.addEventListener('click', (event) => {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)
    return;
  const link = event.target instanceof Element ? event.target.closest('a') : null;
  if (link === null || link.target !== '' || link.origin !== location.origin) return;
  if (link.hasAttribute('download') || link.dataset.leaves !== undefined) return;
  event.preventDefault();
  go(link.pathname.slice(beginning.length) + link.search);
});

/** Goes to a place: `events?state=dead`. */
export function go(to: string): void {
  history.pushState(null, '', beginning + to);
  arrive();
  scrollTo(0, 0);
}

/** Changes conditions in the address without a step in the browser's history; undefined and empty ones go. */
export function refine(changes: Readonly<Record<string, string | undefined>>): void {
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined || value === '') query.delete(name);
    else query.set(name, value);
  }
  const search = query.toString();
  history.replaceState(null, '', `${location.pathname}${search === '' ? '' : `?${search}`}`);
  arrive();
}

/** A link to a place with a query, without what is undefined or empty. */
export function linkTo(path: string, query: Readonly<Record<string, string | undefined>> = {}): string {
  const set = Object.entries(query).filter(([, value]) => value !== undefined && value !== '') as [string, string][];
  return set.length === 0 ? path : `${path}?${new URLSearchParams(set)}`;
}

/** The link to an event. */
export function linkToEvent(ref: string): string {
  return `events/${encodeURIComponent(ref)}`;
}

/** The link to what an agent remembers of a context. */
export function linkToContext(id: string): string {
  return `contexts/${encodeURIComponent(id)}`;
}

/** The link to a server. */
export function linkToServer(name: string): string {
  return `servers/${encodeURIComponent(name)}`;
}

function arrive(): void {
  place.value = readPlace();
}

function readPlace(): Place {
  return { path: location.pathname.slice(beginning.length), query: new URLSearchParams(location.search) };
}
