import { cleanText } from './fence.js';

/** A resource that was read for a run: no more to be obeyed than the event. */
export interface ShownResource {
  /** `server/uri`. */
  readonly name: string;
  /** Whether there was something to read; if not, the text says why. */
  readonly verdict: 'read' | 'failed';
  readonly text: string;
}

/** Characters of one resource: as much as its journal keeps of it. */
const MAX_CHARS = 8_000;

/** What a server has sent, as a run is shown it: cleaned and cut. */
export function showResource(name: string, text: string): ShownResource {
  return { name, verdict: 'read', text: cleanText(text, MAX_CHARS) };
}

/** All of them as one text. */
export function renderResources(resources: readonly ShownResource[]): string {
  return resources.map(({ name, text }) => `${cleanText(name, MAX_CHARS)}:\n${text}`).join('\n\n');
}
