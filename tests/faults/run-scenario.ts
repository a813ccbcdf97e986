import { createRandom } from '@millrace/cli';
import { countPartitions } from '../system/redis-facts.ts';
import { CANARIES, type Judgement, judgeRun } from './judge-run.ts';
import type { Scenario } from './scenario.ts';
import { Stage } from './stage.ts';

/** What became of one scenario. `problem`: why it could not be carried out; that proves nothing, so it fails. */
export interface ScenarioReport {
  readonly id: string;
  readonly title: string;
  readonly fault: string;
  readonly seed: number;
  readonly seconds: number;
  readonly verdict: Judgement['verdict'];
  readonly judgement: Judgement | undefined;
  readonly problem: string | undefined;
}

const LIMIT_MS = 600_000;

/** What is asked of a run besides the scenario's own. */
export interface RunOptions {
  readonly seed: number;
  /** How many partitions there are to be; left out, as many as the scenario has. */
  readonly partitions?: number;
}

/** Carries out one scenario on a system of its own. Nothing that it started runs when this resolves. */
export async function runScenario(
  scenario: Scenario,
  { seed, partitions }: RunOptions,
  stopped: AbortSignal,
): Promise<ScenarioReport> {
  const startedAt = performance.now();
  const over = new AbortController();
  const signal = AbortSignal.any([stopped, over.signal, AbortSignal.timeout(scenario.limitMs ?? LIMIT_MS)]);
  let judgement: Judgement | undefined;
  let problem: string | undefined;
  try {
    judgement = await carryOut(scenario, seed, partitions, signal);
  } catch (error) {
    problem = error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
  // A scenario that failed half way leaves its load behind.
  over.abort();
  const { id, title, fault } = scenario;
  const seconds = Math.round((performance.now() - startedAt) / 100) / 10;
  return { id, title, fault, seed, seconds, verdict: judgement?.verdict ?? 'unknown', judgement, problem };
}

async function carryOut(
  scenario: Scenario,
  seed: number,
  partitions: number | undefined,
  signal: AbortSignal,
): Promise<Judgement> {
  const system = await scenario.start(partitions === undefined ? {} : { MILLRACE_PARTITIONS: `${partitions}` });
  try {
    const count = await countPartitions(system.facts);
    if (partitions !== undefined && count !== partitions)
      throw new Error(`${scenario.id} has ${count} partition(s) whatever is asked for`);
    const random = createRandom(seed * 1_000 + Number.parseInt(scenario.id.slice(1), 10));
    const stage = await Stage.set(system, scenario, random, signal);
    await scenario.run(stage);
    signal.throwIfAborted();
    await stage.heal();
    await stage.sendCanaries(CANARIES);
    const judgement = await judgeRun(scenario, stage);
    signal.throwIfAborted();
    return judgement;
  } finally {
    await system.stop();
  }
}
