import type { Pause } from './pauses';
import { request } from './request';

/** Something that is wrong in a configuration file. */
export interface ConfigProblem {
  readonly file: string;
  readonly line: number;
  readonly detail: string;
  readonly mend?: string;
}

/** A rule from an event to what is done about it. What the operator's folder does not have has its id and state alone. */
export interface Route {
  readonly id: string;
  readonly line?: number;
  /** Which events it takes. */
  readonly on?: Readonly<Record<string, unknown>>;
  readonly when?: string;
  readonly target?: Target;
  readonly delivery?: string;
  readonly ordered?: { readonly by: string; readonly onFailure: string };
  /** Whether a consumer has a configuration with it. */
  readonly announced: boolean;
  /** What became of its deliveries; undefined where no consumer reports. */
  readonly lastMinute?: RouteFigures;
  readonly paused?: Pause;
  readonly problems: readonly ConfigProblem[];
}

/** What became of the deliveries of a route within the last minute. */
export interface RouteFigures {
  readonly done: number;
  /** Attempts that another one follows. */
  readonly retried: number;
  /** Put off without an attempt. */
  readonly waiting: number;
  /** Somebody has to answer first. */
  readonly parked: number;
  readonly dead: number;
  readonly expired: number;
  /** Attempts that came to an end, a second. */
  readonly perSecond: number;
}

/** What a route does about an event. */
export interface Target {
  readonly kind: string;
  readonly server?: string;
  readonly equivalents?: readonly string[];
  readonly tool?: string;
  readonly file?: string;
  readonly model?: string;
  readonly tools?: readonly string[];
}

export interface RouteList {
  readonly items: readonly Route[];
  readonly configuration: {
    readonly state: 'read' | 'broken' | 'absent';
    readonly folder: string;
    readonly detail?: string;
    readonly problems?: readonly ConfigProblem[];
  };
}

/** What a route would do about an event, and why. */
export interface Preview {
  readonly route: string;
  readonly kind: 'no-match' | 'failed' | 'call' | 'handler' | 'agent';
  readonly because?: string;
  readonly at?: string;
  readonly why?: string;
  readonly target?: Target;
  readonly arguments?: unknown;
  readonly file?: string;
  readonly model?: string;
}

export function listRoutes(signal: AbortSignal): Promise<RouteList> {
  return request('GET', 'v1/routes', { signal });
}

/** What a route would do with an event of the past. Nothing is sent. */
export function tryRoute(id: string, ref: string): Promise<Preview> {
  return request('POST', `v1/routes/${encodeURIComponent(id)}/try`, { body: { ref } });
}
