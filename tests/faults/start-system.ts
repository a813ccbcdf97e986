import { fileURLToPath } from 'node:url';
import { System, type SystemOptions } from '../system/system.ts';

/** Claim idle, heartbeat and sweep of a scenario, in ms. */
export interface Times {
  readonly claimIdleMs: number;
  readonly heartbeatMs: number;
  readonly sweepMs: number;
}

/** Short, so that recovery is seen in seconds; and still more than six heartbeats, on a loaded machine. */
export const TIMES: Times = { claimIdleMs: 1_800, heartbeatMs: 300, sweepMs: 250 };

/** The time in which work of a dead consumer is to be running again: two claim idles and a sweep. */
export function recoveryBoundMs({ claimIdleMs, sweepMs }: Times = TIMES): number {
  return 2 * claimIdleMs + sweepMs;
}

/** The system with the routes of the scenarios, unless there is a `config` of its own. Settings in `env` win over the times. */
export function startSystem(
  consumers: number,
  { times = TIMES, ...options }: SystemOptions & { readonly times?: Times } = {},
): Promise<System> {
  const env = {
    ...(options.config === undefined ? { MILLRACE_CONFIG: fileURLToPath(new URL('config', import.meta.url)) } : {}),
    MILLRACE_CLAIM_IDLE_MS: String(times.claimIdleMs),
    MILLRACE_HEARTBEAT_MS: String(times.heartbeatMs),
    MILLRACE_SWEEP_MS: String(times.sweepMs),
    ...options.env,
  };
  return System.start(consumers, { ...options, env });
}
