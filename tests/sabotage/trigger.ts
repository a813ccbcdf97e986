import type { Scenario } from '../faults/scenario.ts';
import type { Times } from '../faults/start-system.ts';
import type { SystemOptions } from '../system/system.ts';
import type { Rewrite } from './rewrite.ts';

/**
 * One fault that a broken build does not survive, and a correct one does. It is run twice: with the build as it is, which
 * has to be valid, and with the broken one. One fault at a time, for faults hide each other.
 */
export interface Trigger extends Pick<Scenario, 'run' | 'judgeMore' | 'evidence' | 'minAccepted' | 'routes'> {
  /** What happens, in a few words. */
  readonly fault: string;
  /** Whether it strikes the broken place each time; else a build that got away may have been lucky. */
  readonly isCertain?: boolean;
  readonly consumers: number;
  readonly times: Times;
  readonly env?: SystemOptions['env'];
  readonly modelScripts?: SystemOptions['modelScripts'];
  /** Part of the fault, and so in both builds: what no fault from outside can bring about. */
  readonly rewrites?: readonly Rewrite[];
}

/** The shortest times that a loaded machine keeps. */
export const TIMES: Times = { claimIdleMs: 1_800, heartbeatMs: 250, sweepMs: 200 };

/** How long a system with a broken build may take to come to rest, in ms, before it counts as never doing so. */
export const REST_MS = 10_000;
