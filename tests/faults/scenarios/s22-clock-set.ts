import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { judge } from '@millrace/cli';
import { startRedisServer } from '@millrace/testing';
import type { Scenario } from '../scenario.ts';
import { buildShim, findMissingCompiler } from '../shims/build-shim.ts';
import type { Stage } from '../stage.ts';
import { recoveryBoundMs, startSystem } from '../start-system.ts';
import { sumCounters } from '../sum-counters.ts';

/** A busy machine must not look like a dead consumer: what is claimed here is claimed for the clock's sake. */
const TIMES = { claimIdleMs: 6_000, heartbeatMs: 300, sweepMs: 250 };
const HOUR_MS = 3_600_000;
const STROBE_MS = 200;
const RATE = 20;
const JUMPS = "jumps of Redis' clock seen in TIME";
const HELD = 'entries held when the clock was set';

let clockFile: string;

/** S22: the clock of Redis' machine is set: an hour forward, an hour back, and to and fro in steps of 200 ms. */
export const clockSet: Scenario = {
  id: 'S22',
  title: 'a clock that is set takes no work from the living and leaves none with the dead',
  fault: "Redis' clock set by an hour, forward and back, then to and fro",
  evidence: { [JUMPS]: 2, [HELD]: 2, 'consumers killed after it was set back': 1 },
  minAccepted: 60,
  isShort: false,
  missing: () => findMissingCompiler('set-clock'),
  async start() {
    const dir = await mkdtemp(join(tmpdir(), 'millrace-clock-'));
    clockFile = join(dir, 'offset');
    await writeFile(clockFile, '0');
    const env = { LD_PRELOAD: await buildShim('set-clock'), MILLRACE_CLOCK_FILE: clockFile };
    const system = await startSystem(2, { times: TIMES, redis: await startRedisServer([], { env }) });
    system.onStop(() => rm(dir, { recursive: true, force: true }));
    return system;
  },
  async run(stage) {
    const { nemesis, system, evidence } = stage;
    await stage.slowTools(300);
    const load = stage.startLoad(RATE);
    await stage.sleep(3_000);
    const before = await sumCounters(system.runningConsumers, 'millrace_redeliveries_total');
    await setClock(stage, HOUR_MS);
    // Longer than the pause after which everybody who lives has been heard.
    await stage.sleep(TIMES.claimIdleMs + 3_000);
    const claimed = (await sumCounters(system.runningConsumers, 'millrace_redeliveries_total')) - before;
    const why = claimed === 0 ? undefined : `${claimed} entries were claimed from consumers that live`;
    stage.findings.push(judge('nothing-claimed-from-the-living', why, false));

    // Caught before the clock goes back: what it holds was touched in the future.
    const { process, held } = await nemesis.catchHolding();
    await setClock(stage, 0);
    await process.kill();
    evidence.note('consumers killed after it was set back', held > 0 ? 1 : 0);
    const started = system.startConsumer();
    stage.timing('held work is started again', await nemesis.untilTakenOver(process), recoveryBoundMs(TIMES));
    await started;

    for (let n = 0; n < 10; n += 1) {
      await writeFile(clockFile, String(n % 2 === 0 ? STROBE_MS : -STROBE_MS));
      await stage.sleep(200);
    }
    await writeFile(clockFile, '0');
    await load.stop();
  },
};

async function setClock({ system, evidence }: Stage, offsetMs: number): Promise<void> {
  const secondsBefore = Number((await system.redis.time())[0]);
  evidence.note(HELD, (await system.unfinished()).pending);
  await writeFile(clockFile, String(offsetMs));
  const seconds = Number((await system.redis.time())[0]);
  if (Math.abs(seconds - secondsBefore) > HOUR_MS / 2_000) evidence.note(JUMPS);
}
