import type { Scenario } from '../scenario.ts';
import { startSystem } from '../start-system.ts';

const RATE = 30;
const DELAY_MS = 200;
const RESET_SHARE = 0.01;
const EVERY_MS = 100;
const DURING_MS = 40_000;
const RESETS = 'connections to Redis that were reset';

/** S29: every answer of Redis takes its time, and now and then a connection is gone. */
export const badLink: Scenario = {
  id: 'S29',
  title: 'a slow and broken link to Redis loses nothing, and nobody storms it',
  fault: `${DELAY_MS} ms each way to Redis, and 1 % of connections reset every ${EVERY_MS} ms`,
  evidence: { [RESETS]: 20 },
  minAccepted: 100,
  isShort: false,
  start: () => startSystem(2, { proxied: ['redis'], times: { claimIdleMs: 6_000, heartbeatMs: 500, sweepMs: 500 } }),
  async run(stage) {
    const proxy = stage.system.proxy('redis');
    const load = stage.startLoad(RATE);
    const before = proxy.counts;
    proxy.set({ kind: 'delay', ms: DELAY_MS });
    const startedAt = performance.now();
    const isOver = () =>
      performance.now() - startedAt > DURING_MS && proxy.counts.resets - before.resets >= RESETS_NEEDED;
    while (!isOver()) {
      proxy.reset(() => stage.random() < RESET_SHARE);
      await stage.sleep(EVERY_MS);
    }
    stage.evidence.note(RESETS, proxy.counts.resets - before.resets);
    const seconds = (performance.now() - startedAt) / 1_000;
    stage.evidence.note('connections made meanwhile', proxy.counts.connections - before.connections);
    stage.timing('time of it', seconds * 1_000);
    proxy.set({ kind: 'pass' });
    await load.stop();
  },
};

const RESETS_NEEDED = 20;
