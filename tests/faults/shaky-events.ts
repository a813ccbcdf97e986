import type { RecordBody } from '../system/answers.ts';
import type { WitnessCount } from '../system/mock-cloud.ts';
import type { Stage } from './stage.ts';

/**
 * The routes to the shaky server. `unkeyed` is effectively-once with a tool that is neither safe to repeat nor takes a
 * key; with `keyed` the tool takes it.
 */
export const SHAKY_ROUTES = ['at-least-once', 'at-most-once', 'keyed', 'unkeyed'] as const;
export type ShakyRoute = (typeof SHAKY_ROUTES)[number];

/** Whether an unknown outcome is tried again along a route. */
export function isRepeated(route: ShakyRoute): boolean {
  return route === 'at-least-once' || route === 'keyed';
}

/** An event along one of these routes. */
export interface ShakyEvent {
  readonly route: ShakyRoute;
  readonly id: string;
  readonly ref: string;
}

/** An event that has come to its end, by its record and by the witness. */
export interface EndedEvent extends ShakyEvent {
  readonly record: RecordBody;
  readonly counts: WitnessCount;
}

const NOTHING: WitnessCount = { requests: 0, effects: 0 };
const LIMIT_MS = 120_000;

/** Posts so many events along each route; the ids begin with `prefix`, and none is the beginning of another. */
export async function postShaky(stage: Stage, prefix: string, perRoute: number): Promise<readonly ShakyEvent[]> {
  const posted: ShakyEvent[] = [];
  for (let n = 0; n < perRoute; n += 1) {
    for (const route of SHAKY_ROUTES) {
      const id = `${prefix}${route}-${n}.`;
      const { body } = await stage.system.post({ type: `dev.millrace.shaky.${route}`, id, data: {} });
      posted.push({ route, id, ref: body.ref });
    }
  }
  return posted;
}

/** Whether all of them are done or dead. */
export async function haveEnded({ system }: Stage, events: readonly ShakyEvent[]): Promise<boolean> {
  for (const { ref } of events) if (!isEnd(await system.record(ref))) return false;
  return true;
}

/** Resolves once all of them are done or dead, with what the witness then has of them. */
export async function untilEnded(
  stage: Stage,
  events: readonly ShakyEvent[],
  witnessed: () => Promise<ReadonlyMap<string, WitnessCount>>,
): Promise<readonly EndedEvent[]> {
  const giveUpAt = performance.now() + LIMIT_MS;
  while (!(await haveEnded(stage, events)) && performance.now() < giveUpAt) await stage.sleep(50);
  const counts = await witnessed();
  const ended = events.map(async (event) => {
    const record = await stage.system.record(event.ref);
    return { ...event, record, counts: counts.get(event.id) ?? NOTHING };
  });
  return Promise.all(ended);
}

/** What there is to say about an event in a finding. */
export function describeEnded({ id, record, counts }: EndedEvent): string {
  const [delivery] = record.routes;
  const why = `${delivery?.reason ?? ''} ${delivery?.error?.code ?? ''}`.trim();
  return `${id} ${record.state} (${why}): ${counts.requests} requests, ${counts.effects} effects`;
}

function isEnd({ state }: RecordBody): boolean {
  return state === 'done' || state === 'dead';
}
