import { judge } from '@millrace/cli';
import { TcpProxy } from '@millrace/testing';
import { CLOUDS } from '../../system/mock-cloud.ts';
import { urlSettingOf } from '../../system/system.ts';
import { quantile } from '../observed-producer.ts';
import type { Scenario } from '../scenario.ts';
import type { Stage } from '../stage.ts';
import { startSystem } from '../start-system.ts';

const RATE = 60;
const PLACES = 8;
const CALL_MS = 50;
/** Each way, between the slow consumer and every cloud: its calls take twenty times as long. */
const LATE_MS = 500;
const PHASE_MS = 7_000;

/** S28: one consumer of four has a slow way to the clouds. */
export const slowConsumer: Scenario = {
  id: 'S28',
  title: 'a consumer that is twenty times as slow holds no more than it has places for, and holds up nobody',
  fault: 'one consumer of 4 whose calls take 20 times as long',
  evidence: { 'entries held by the slow one': 1, 'looks at the slow one while it held work': 20 },
  minAccepted: 100,
  isShort: false,
  start: () => startSystem(3, { env: { MILLRACE_CONCURRENCY: String(PLACES) } }),
  async run(stage) {
    const { system, evidence } = stage;
    await stage.slowTools(CALL_MS);
    const load = stage.startLoad(RATE);
    const fourth = await system.startConsumer();
    await stage.sleep(PHASE_MS);
    await fourth.stop();
    const slow = await system.startConsumer(await slowWays(stage));
    const looks: number[] = [];
    for (const until = performance.now() + PHASE_MS; performance.now() < until; ) {
      const held = await system.heldBy(slow.pid);
      if (held > 0) {
        looks.push(held);
        evidence.note('looks at the slow one while it held work');
      }
      await stage.sleep(50);
    }
    // For a moment it also holds those whose outcomes are on their way to Redis.
    const [usually, most] = [quantile(looks, 0.5) ?? 0, Math.max(0, ...looks)];
    evidence.note('entries held by the slow one', most);
    const isFine = usually <= PLACES && most <= 2 * PLACES;
    const why = isFine ? undefined : `${usually} entries in ${PLACES} places, and up to ${most}`;
    stage.findings.push(judge('holds-no-more-than-its-places', why, false));
    await load.stop();
  },
  judgeMore({ stage, history }) {
    // Those that waited for the slow one are a share of about an eighth; half of them all says how the others fared.
    const times = [...history.records.values()].flatMap(({ tookMs }) => tookMs ?? []);
    for (const share of [0.5, 0.75, 0.99]) stage.timing(`p${100 * share} of an event`, quantile(times, share) ?? 0);
    return [];
  },
};

/** Settings that lead to every cloud through a proxy of its own, which is late. */
async function slowWays({ system }: Stage): Promise<Record<string, string>> {
  const env: Record<string, string> = {};
  for (const cloud of CLOUDS) {
    const proxy = await TcpProxy.open(system.clouds.get(cloud)?.port ?? 0);
    system.onStop(() => proxy.close());
    proxy.set({ kind: 'delay', ms: LATE_MS });
    env[urlSettingOf(cloud)] = `http://127.0.0.1:${proxy.port}/mcp`;
  }
  return env;
}
