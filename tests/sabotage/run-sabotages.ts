import type { ScenarioReport } from '../faults/run-scenario.ts';
import { NeverLoaded } from './build.ts';
import { runTrigger } from './run-trigger.ts';
import type { Sabotage } from './sabotages.ts';
import type { Trigger } from './trigger.ts';

/**
 * What became of one broken build. `missed`: the checker did not name the rule that it breaks. `unproved`: the correct
 * build did not come through the same fault, or one of the two could not be run, so nothing was shown.
 */
export interface SabotageResult {
  readonly name: string;
  readonly breaks: string;
  readonly fault: string;
  readonly outcome: 'caught' | 'missed' | 'unproved';
  /** The rules that the checker named, of those that had to be. */
  readonly caughtAs: readonly string[];
  readonly seconds: number;
  readonly why?: string;
}

/** Systems that run at the same time. Each waits for more than half of its time, on two cores too. */
const PARALLEL = 3;
/**
 * Whether a fault strikes the very place that is broken is mostly a matter of luck, so a build that got away is tried
 * again; and so is one that could not be judged.
 */
const TRIES = 3;

/**
 * Runs broken builds, each through the one fault that shows what is broken, and tells of each as soon as it is known. The
 * correct build goes through every such fault first, once: a fault that it does not survive proves nothing.
 */
export async function runSabotages(
  sabotages: readonly Sabotage[],
  seed: number,
  signal: AbortSignal,
  tell: (result: SabotageResult) => void,
): Promise<readonly SabotageResult[]> {
  const controls = new Map<Trigger, Promise<ScenarioReport>>();
  const controlOf = (trigger: Trigger) => {
    const known = controls.get(trigger) ?? runControl(trigger, seed, signal);
    controls.set(trigger, known);
    return known;
  };
  const results: SabotageResult[] = [];
  const queue = [...sabotages];
  const work = async () => {
    for (let next = queue.shift(); next !== undefined && !signal.aborted; next = queue.shift()) {
      const result = await judgeUntilCaught(next, seed, signal, controlOf);
      results.push(result);
      tell(result);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, work));
  return results;
}

/** The correct build under the fault. One that shows nothing is run again; one that breaks a rule is not. */
async function runControl(trigger: Trigger, seed: number, signal: AbortSignal): Promise<ScenarioReport> {
  for (let tries = 1; ; tries += 1) {
    const report = await runTrigger(trigger, [], seed + tries - 1, signal);
    if (report.verdict !== 'unknown' || tries === TRIES || signal.aborted) return report;
  }
}

async function judgeUntilCaught(
  sabotage: Sabotage,
  seed: number,
  signal: AbortSignal,
  controlOf: (trigger: Trigger) => Promise<ScenarioReport>,
): Promise<SabotageResult> {
  for (let tries = 1; ; tries += 1) {
    const { result, isFinal } = await judge(sabotage, seed + tries - 1, signal, controlOf);
    if (isFinal || tries === TRIES || signal.aborted) return result;
  }
}

async function judge(
  { name, breaks, rewrites, trigger, caughtAs }: Sabotage,
  seed: number,
  signal: AbortSignal,
  controlOf: (trigger: Trigger) => Promise<ScenarioReport>,
): Promise<{ readonly result: SabotageResult; readonly isFinal: boolean }> {
  const facts = { name, breaks, fault: trigger.fault };
  const startedAt = performance.now();
  const finish = (outcome: SabotageResult['outcome'], named: readonly string[], why?: string, isFinal = false) => {
    const seconds = Math.round((performance.now() - startedAt) / 100) / 10;
    const result = { ...facts, outcome, caughtAs: named, seconds, ...(why === undefined ? {} : { why }) };
    return { result, isFinal: isFinal || outcome === 'caught' };
  };
  try {
    const control = await controlOf(trigger);
    if (control.verdict !== true) return finish('unproved', [], `the correct build: ${describe(control)}`);
    const broken = await runTrigger(trigger, rewrites, seed, signal);
    if (broken.problem !== undefined) return finish('unproved', [], broken.problem);
    const found = broken.judgement?.findings.filter(({ verdict }) => verdict === false).map(({ rule }) => rule) ?? [];
    const named = [...new Set(found.filter((rule) => caughtAs.includes(rule)))];
    if (named.length > 0) return finish('caught', named);
    return finish('missed', [], describe(broken), broken.verdict === true && trigger.isCertain);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return finish('unproved', [], why, error instanceof NeverLoaded);
  }
}

function describe({ verdict, judgement, problem }: ScenarioReport): string {
  const broken = judgement?.findings.filter((finding) => finding.verdict !== true) ?? [];
  const rules = broken.map(({ rule, why, count }) => `${rule} (${why ?? `${count} events`})`);
  return problem ?? `verdict ${String(verdict)}${rules.length > 0 ? `: ${rules.join(', ')}` : ''}`;
}
