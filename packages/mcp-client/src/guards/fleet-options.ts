import type { BreakerState } from './breaker.js';
import type { RateLimiter } from './rates.js';

/** Why a call was not sent although its server is configured. */
export type WithheldFor = 'pause' | 'breaker' | 'retry-budget' | 'share' | 'rate' | 'pin';

/** Told what the guards of servers do; it must not throw. */
export interface FleetObserver {
  breakerChanged(server: string, state: BreakerState): void;
  withheld(server: string, reason: WithheldFor): void;
  /** A call went on to the next of equivalent servers. */
  failedOver?(from: string): void;
  /** A call was sent to a second server as well, since the first took its time. */
  hedged?(to: string): void;
}

/** What all servers of one process share. */
export interface FleetOptions {
  /** Calls that the process can carry at once, to all servers together. Default: as many as there are. */
  readonly places?: number;
  /** Whether somebody has paused the server: then no call begins. Default: none is. */
  readonly isPaused?: (server: string) => boolean;
  /** Without one, `rate` of a server has no effect. */
  readonly rates?: RateLimiter;
  readonly observer?: FleetObserver;
  /** Ms from whenever. Default: this process's monotonic clock. */
  readonly now?: () => number;
  /** Numbers from 0 up to 1. Default `Math.random`. */
  readonly random?: () => number;
}
