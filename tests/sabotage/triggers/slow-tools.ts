import type { Trigger } from '../trigger.ts';

const RATE = 40;
const EVENTS = 40;
const CALL_MS = 6_000;

/** Tools take longer than the time after which a consumer that is not heard of counts as dead. */
export const slowTools: Trigger = {
  fault: 'tools take longer than the claim idle time',
  consumers: 2,
  // A start that is not the first is one too many here: nobody dies.
  env: { MILLRACE_MAX_STARTS: '1' },
  times: { claimIdleMs: 2_400, heartbeatMs: 250, sweepMs: 200 },
  evidence: { 'calls longer than the claim idle time': 30 },
  minAccepted: 10,
  async run(stage) {
    await stage.slowTools(CALL_MS);
    const load = stage.startLoad(RATE);
    await stage.until(() => stage.ledger.size >= EVENTS, 'enough events have been sent');
    await load.stop();
    await stage.sleep(CALL_MS);
    stage.evidence.note('calls longer than the claim idle time', EVENTS);
  },
};
