import { EXIT, type ExitCode } from '../errors.js';
import { colour, formatTable } from '../terminal.js';
import { requireRig, runSabotagedBuilds, type SabotageResult } from '../verify/sabotaged-builds.js';
import { runSelfTest, type SelfTestResult } from '../verify/self-test.js';
import type { CommandContext } from './context.js';

export interface SelfTestOptions {
  readonly seed: number;
  readonly json?: true;
  /** False: invented accounts alone. Otherwise the names of the builds that are to be broken; undefined for all. */
  readonly sabotage?: false | readonly string[];
}

/**
 * `verify --self-test`: plants every anomaly into invented accounts, then runs builds of the services with one rule broken
 * each. All have to be caught by name. Resolves with the exit code: no when one was missed, unknown when one could not be
 * shown.
 */
export async function showSelfTest(options: SelfTestOptions, context: CommandContext): Promise<ExitCode> {
  const { terminal, signal } = context;
  const { seed, json, sabotage } = options;
  if (sabotage !== false) requireRig();
  const results = runSelfTest(seed);
  if (!json) terminal.out(formatAnomalies(results));
  const tell = (result: SabotageResult) => {
    if (!json) terminal.out(describeBuild(result));
  };
  const builds = sabotage === false ? [] : await runSabotagedBuilds(sabotage ?? [], seed, tell, signal);
  const missed = results.filter(({ caught }) => !caught).length + count(builds, 'missed');
  const unproved = count(builds, 'unproved');
  const all = results.length + builds.length;
  if (json) terminal.out(JSON.stringify({ ok: missed + unproved === 0, results, builds }));
  else terminal.out(`\n${all - missed - unproved} of ${all} as they should be`);
  if (missed > 0) return EXIT.no;
  return unproved > 0 ? EXIT.unknown : EXIT.ok;
}

function formatAnomalies(results: readonly SelfTestResult[]): string {
  const rows = results.map(({ name, rule, caught }) => [mark(caught), name, rule ?? 'valid']);
  return formatTable([['', 'PLANTED', 'CAUGHT BY'], ...rows]);
}

function describeBuild({ name, outcome, caughtAs, seconds, fault, why }: SabotageResult): string {
  const word = outcome === 'caught' ? `caught as ${caughtAs.join(', ')}` : outcome;
  const head = `${mark(outcome === 'caught')}  a build that ${name}: ${word} in ${seconds} s (${fault})`;
  return why === undefined ? head : `${head}\n   ${why.split('\n').join('\n   ')}`;
}

function count(builds: readonly SabotageResult[], outcome: SabotageResult['outcome']): number {
  return builds.filter((one) => one.outcome === outcome).length;
}

function mark(isRight: boolean): string {
  return isRight ? colour('green', '✓') : colour('red', '✗');
}
