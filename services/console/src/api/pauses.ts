import type { Page } from './page';
import { request } from './request';

/** Why something is paused. */
export interface Pause {
  readonly at: string;
  readonly from?: string;
  readonly by?: string;
  readonly note?: string;
}

/** Something that is paused. */
export interface Paused extends Pause {
  readonly kind: 'route' | 'server';
  readonly name: string;
}

/** Everything that is paused. */
export async function listPauses(signal: AbortSignal): Promise<readonly Paused[]> {
  return (await request<Page<Paused>>('GET', 'v1/pauses', { signal })).items;
}

/** Pauses a route or a server, or resumes it; consumers know within a second. */
export function setPaused(kind: 'routes' | 'servers', name: string, isPaused: boolean, note = ''): Promise<unknown> {
  const body = note === '' ? {} : { note };
  return request('POST', `v1/${kind}/${encodeURIComponent(name)}/${isPaused ? 'pause' : 'resume'}`, { body });
}
