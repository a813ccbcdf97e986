import type { BreakerState, FleetObserver } from '@millrace/mcp-client';
import type { Logger, Metrics } from '@millrace/runtime';

/** A warning that every call could give is given no oftener than this, in ms. */
const WARN_EVERY_MS = 60_000;

const GAUGE: Readonly<Record<BreakerState, number>> = { closed: 0, 'half-open': 1, open: 2 };

/** Logs and counts what the guards of servers do. */
export function createFleetObserver(logger: Logger, metrics: Metrics): FleetObserver {
  const warnedAtMs = new Map<string, number>();
  const isWorthALine = (server: string) => {
    const nowMs = performance.now();
    if (nowMs - (warnedAtMs.get(server) ?? Number.NEGATIVE_INFINITY) < WARN_EVERY_MS) return false;
    warnedAtMs.set(server, nowMs);
    return true;
  };
  return {
    breakerChanged(server, state) {
      metrics.breakerState.set({ server }, GAUGE[state]);
      if (state === 'open') metrics.breakerOpened.inc({ server });
      if (state === 'open') logger.warn({ server }, 'the server is left alone for now');
      else logger.info({ server, state }, state === 'closed' ? 'the server is called' : 'trying the server again');
    },
    withheld(server, reason) {
      metrics.callsWithheld.inc({ server, reason });
      if (reason === 'pin' && isWorthALine(server))
        logger.warn({ server }, 'a tool is not what it was accepted as, and is not called: see `millrace tools lock`');
    },
    failedOver(server) {
      metrics.failovers.inc({ server });
    },
    hedged(server) {
      metrics.hedgedCalls.inc({ server });
    },
  };
}

/** Shows the figures of a server before anything has happened to it: a rate needs a value to begin with. */
export function countFromZero(server: string, { breakerOpened, breakerState, failovers, hedgedCalls }: Metrics): void {
  breakerState.inc({ server }, 0);
  for (const counter of [breakerOpened, failovers, hedgedCalls]) counter.inc({ server }, 0);
}
