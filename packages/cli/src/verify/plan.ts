import type { FaultKind, RequiredEvidence } from './history.js';
import type { TestedRoute } from './tested-route.js';

/** What a run is to do. */
export interface VerifyPlan {
  readonly routes: readonly TestedRoute[];
  readonly durationMs: number;
  /** Events per second, over all routes. */
  readonly rate: number;
  readonly seed: number;
  readonly faults: readonly FaultKind[];
  /** Kills that have to hit work in flight; undefined: as many as the duration asks for. */
  readonly minHits: number | undefined;
  /** How long the system may take to come to rest after the load, in ms. */
  readonly drainMs: number;
  /** Leaves the dead letters of the run where they are. */
  readonly keep: boolean;
}

/** Events sent along each route after everything has healed. */
export const CANARIES = 10;
/** Twenty kills in a minute. */
const MS_PER_KILL = 3_000;
/** A run that sends more events than this would outgrow what a witness counts. */
export const MAX_EVENTS = 200_000;

/** What there has to be before the run may be called valid. */
export function requireEvidence({ routes, durationMs, rate, faults, minHits }: VerifyPlan): RequiredEvidence {
  const perRoute = Math.floor((rate * durationMs) / 1_000 / Math.max(1, routes.length));
  const needed: Partial<Record<FaultKind, number>> = {};
  for (const kind of faults) {
    needed[kind] = kind === 'kill' ? (minHits ?? Math.max(1, Math.floor(durationMs / MS_PER_KILL))) : 1;
  }
  return { minAccepted: Math.max(1, Math.floor(perRoute * 0.9)), minHits: needed, minCanaries: CANARIES };
}
