import type { Finding, Guarantee, History, TestedRoute } from '@millrace/cli';
import type { System, SystemOptions } from '../system/system.ts';
import type { RouteRow } from './judge-run.ts';
import type { Stage } from './stage.ts';

/**
 * One fault, and what it must not do. A scenario drives the system into the fault; the load, the witnesses, the healing,
 * the canaries and the verdict are the runner's. Every event of the load goes along one of three routes, one for each
 * guarantee, so each scenario is judged in all three delivery modes.
 */
export interface Scenario {
  /** `S` and the number it has in the plan; a word behind it where there are several. */
  readonly id: `S${number}` | `S${number}-${string}`;
  /** The fact that is shown, in the present tense. */
  readonly title: string;
  /** What is broken, in a few words. */
  readonly fault: string;
  /**
   * How often each thing has to be seen for the verdict to mean something, by the words under which `stage.evidence` is
   * told of it. Fewer make the verdict `unknown`.
   */
  readonly evidence: Readonly<Record<string, number>>;
  /** The guarantees along whose routes the load goes. Default all three. */
  readonly guarantees?: readonly Guarantee[];
  /** Other routes of the load than those; the system has to have them. */
  readonly routes?: readonly TestedRoute[];
  /** Accepted events that each route needs, canaries left out. Default 20. */
  readonly minAccepted?: number;
  /** Whether CI runs it: it takes seconds, and the seed decides what it does. */
  readonly isShort: boolean;
  /** Longest time from start to rest, in ms. Default ten minutes. */
  readonly limitMs?: number;
  /** How long it may take to come to rest after healing, in ms. Default four minutes. */
  readonly restMs?: number;
  /** What the machine lacks to carry it out; it is then skipped, by name. Left out: nothing. */
  readonly missing?: () => Promise<string | undefined>;
  /**
   * Starts the system. What it is given are settings that somebody asked for on the command line; whoever takes none of
   * them can be run without alone.
   */
  readonly start: (env: NonNullable<SystemOptions['env']>) => Promise<System>;
  /** Starts the load, does the faults, and ends. What it leaves broken is healed after it. */
  readonly run: (stage: Stage) => Promise<void>;
  /** What this scenario asks beyond the rules for all, once the accounts are there. */
  readonly judgeMore?: (run: Accounts) => readonly Finding[] | Promise<readonly Finding[]>;
  /** For a fault that is allowed to break a rule: what is left of the findings, with what is asked instead. */
  readonly reconsider?: (findings: readonly Finding[], run: Accounts) => readonly Finding[];
}

/** Everything that is known in the end. */
export interface Accounts {
  readonly stage: Stage;
  readonly history: History;
  readonly routes: readonly RouteRow[];
}
