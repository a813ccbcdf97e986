import type { Scenario } from '../scenario.ts';
import { startSystem } from '../start-system.ts';

const CONSUMERS = 3;
const RATE = 120;
const BEFORE_MS = 3_000;
const AWAY_MS = 10_000;

/** S3: every consumer is killed at once, and for ten seconds there is none. */
export const allConsumersGone: Scenario = {
  id: 'S3',
  title: 'events are taken in while no consumer is there, and are all carried out when some are back',
  fault: 'kill -9 of every consumer, none for 10 s',
  evidence: { 'entries held by the killed': 1, 'entries waiting at the peak': 500 },
  minAccepted: 400,
  isShort: false,
  start: (env) => startSystem(CONSUMERS, { env }),
  async run(stage) {
    const { system, evidence, producer } = stage;
    await stage.slowTools(60);
    const load = stage.startLoad(RATE);
    await stage.sleep(BEFORE_MS);
    const { held } = await stage.nemesis.catchHolding();
    evidence.note('entries held by the killed', held);
    await Promise.all(system.runningConsumers.map((consumer) => consumer.kill()));
    const goneAt = performance.now();
    await stage.sleep(AWAY_MS);
    await load.stop();
    const { backlog } = await system.unfinished();
    evidence.note('entries waiting at the peak', backlog);
    stage.timing('p99 of a post with consumers', producer.quantileMs(0.99, 0, goneAt) ?? 0);
    stage.timing('p99 of a post without', producer.quantileMs(0.99, goneAt) ?? 0);
    await stage.slowTools(0);
    await Promise.all(Array.from({ length: CONSUMERS }, () => system.startConsumer()));
    const backAt = performance.now();
    await stage.until(async () => (await system.unfinished()).backlog === 0, 'the backlog is worked off');
    stage.timing(`${backlog} entries are worked off`, performance.now() - backAt);
  },
};
