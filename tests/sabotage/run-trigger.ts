import { runScenario, type ScenarioReport } from '../faults/run-scenario.ts';
import { startSystem } from '../faults/start-system.ts';
import { prepareBuild } from './build.ts';
import type { Rewrite } from './rewrite.ts';
import { REST_MS, type Trigger } from './trigger.ts';

/** A correct build gets the time that a loaded machine may need, in ms; a broken one may never come to rest. */
const CORRECT_REST_MS = 60_000;
const LIMIT_MS = 150_000;
/** Services end with whoever started them, also when that is killed. */
const MORTAL = { MILLRACE_SUPERVISED: 'true' };

/** Has a build go through a fault, and judges what came of it. `problem` says why nothing was shown. */
export async function runTrigger(
  trigger: Trigger,
  sabotage: readonly Rewrite[],
  seed: number,
  signal: AbortSignal,
): Promise<ScenarioReport> {
  const { consumers, times, env, modelScripts, rewrites = [], ...rest } = trigger;
  const build = await prepareBuild([...rewrites, ...sabotage]);
  try {
    const report = await runScenario(
      {
        ...rest,
        id: 'S0',
        title: trigger.fault,
        isShort: true,
        limitMs: LIMIT_MS,
        restMs: sabotage.length === 0 ? CORRECT_REST_MS : REST_MS,
        start: () =>
          startSystem(consumers, {
            times,
            nodeArgs: build.nodeArgs,
            env: { ...env, ...build.env, ...MORTAL },
            ...(modelScripts === undefined ? {} : { modelScripts }),
          }),
      },
      { seed },
      signal,
    );
    if (report.problem === undefined) await build.check();
    return report;
  } finally {
    await build.remove();
  }
}
