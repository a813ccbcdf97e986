import { createAppender, openStream } from '@millrace/stream-client';
import type { Scenario } from '../scenario.ts';
import { startSystem } from '../start-system.ts';

const RATE = 40;
const HALF_OPEN_MS = 15_000;
const VOID = 'entries delivered into connections that lead nowhere';

/** S15: both ends believe that they are connected, and nothing arrives. */
export const halfOpen: Scenario = {
  id: 'S15',
  title: 'connections that lead nowhere are given up, and what was delivered into them comes back',
  fault: `half-open connections to Redis for ${HALF_OPEN_MS / 1_000} s`,
  evidence: { [VOID]: 1 },
  minAccepted: 40,
  isShort: false,
  start: () => startSystem(2, { proxied: ['redis'] }),
  async run(stage) {
    const { system, evidence } = stage;
    const proxy = system.proxy('redis');
    const load = stage.startLoad(RATE);
    await stage.sleep(2_000);
    await load.stop();
    await stage.until(async () => (await system.unfinished()).backlog === 0, 'the readers wait for something new');
    proxy.set({ kind: 'blackhole' });
    // Past the proxy: Redis hands it to a reader whose connection it takes to be open.
    const direct = await openStream({ redisUrl: system.redisServer.url });
    const appender = createAppender(direct, { maxBacklog: 1_000, deadlineMs: 10_000 });
    const attributes = { specversion: '1.0', id: 'void-1', source: '/void', type: 'dev.millrace.verify.at-least-once' };
    const { id, source, type } = attributes;
    const data = { kind: 'json', bytes: Buffer.from('{}') } as const;
    const result = await appender.append({ id, source, type, attributes, data });
    await direct.close();
    evidence.note(VOID, (await system.unfinished()).pending);
    await stage.sleep(HALF_OPEN_MS);
    const healedAt = performance.now();
    proxy.set({ kind: 'pass' });
    const again = stage.startLoad(RATE);
    if (!('ref' in result)) throw new Error(`the event for the void was ${result.kind}`);
    const { ref } = result;
    // Until its own connections are given up, the producer shows no records.
    const isDone = async () => (await system.record(ref).catch(() => undefined))?.state === 'done';
    await stage.until(isDone, 'what was delivered into the void is done');
    stage.timing('what was delivered into the void is done', performance.now() - healedAt);
    await stage.sleep(3_000);
    await again.stop();
  },
};
