import { listHolders } from '../../system/redis-facts.ts';
import type { Scenario } from '../scenario.ts';
import type { Stage } from '../stage.ts';
import { startSystem } from '../start-system.ts';

const FEW = 2;
const MANY = 8;
/** Calls at once per consumer, so few that more consumers mean more calls. */
const PLACES = 4;
const CALL_MS = 120;
const RATE = 120;
const MEASURED_MS = 5_000;

/** S26: from two consumers to eight and back, under more load than two can carry. */
export const scaled: Scenario = {
  id: 'S26',
  title: 'more consumers carry more, and those that are stopped leave nothing behind',
  fault: 'from 2 consumers to 8 and back to 2 under load',
  evidence: { 'consumers added': MANY - FEW, 'names that left the group': MANY - FEW },
  minAccepted: 200,
  isShort: false,
  start: () => startSystem(FEW, { env: { MILLRACE_CONCURRENCY: String(PLACES) } }),
  async run(stage) {
    const { system, evidence } = stage;
    await stage.slowTools(CALL_MS);
    const load = stage.startLoad(RATE);
    await stage.sleep(1_000);
    const byFew = await measureRate(stage);
    const added = await Promise.all(Array.from({ length: MANY - FEW }, () => system.startConsumer()));
    evidence.note('consumers added', added.length);
    const byMany = await measureRate(stage);
    evidence.note(`entries per s by ${FEW}`, Math.round(byFew));
    evidence.note(`entries per s by ${MANY}`, Math.round(byMany));
    evidence.note('times as many, in tenths', Math.round((10 * byMany) / byFew));
    await Promise.all(added.map((one) => one.stop()));
    const names = [...(await listHolders(system.facts)).keys()];
    const left = added.filter(({ pid }) => !names.some((name) => name.includes(`-${pid}-`)));
    evidence.note('names that left the group', left.length);
    await stage.slowTools(0);
    await stage.sleep(1_000);
    await load.stop();
  },
};

/** Entries settled per second: those that came in, less what the backlog grew by. */
async function measureRate(stage: Stage): Promise<number> {
  const { redis } = stage.system;
  const readSettled = async () => {
    const [seq, backlog] = await redis.hmget('millrace:{0}:counters', 'seq', 'backlog');
    return Number(seq) - Number(backlog);
  };
  const before = await readSettled();
  await stage.sleep(MEASURED_MS);
  return ((await readSettled()) - before) / (MEASURED_MS / 1_000);
}
