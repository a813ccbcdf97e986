import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { combine } from '@millrace/cli';
import { formatScenario, formatSummary } from './format-report.ts';
import { type RunOptions, runScenario, type ScenarioReport } from './run-scenario.ts';
import type { Scenario } from './scenario.ts';
import { SCENARIOS } from './scenarios.ts';
import { listenForStop } from './stop-requests.ts';

const USAGE = `npm run faults -- [options]

Runs the fault scenarios, each on a system of its own with a real Redis.

  --only S2,S6    these alone
  --short         those that take seconds, as CI does
  --partitions N  over so many; one that has a number of its own fails
  --at-once N     so many side by side (default 1); their times say less then
  --seed N        what the nemesis rolls its dice with (default 1)
  --json FILE     every figure, for other programs
  --list          names them, and runs nothing

One in which the fault did not bite (unknown) is run again, three times at most.

Exits 0 when every scenario holds, 1 when one is violated or nothing was proved (unknown), 2 for a wrong option.`;

const OPTIONS = {
  only: { type: 'string' },
  short: { type: 'boolean', default: false },
  partitions: { type: 'string' },
  'at-once': { type: 'string', default: '1' },
  seed: { type: 'string', default: '1' },
  json: { type: 'string' },
  list: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

/** Runs of a scenario before it is called unknown. */
const TRIES = 3;

process.exitCode = await main();

async function main(): Promise<number> {
  const say = (text: string) => void process.stdout.write(`${text}\n`);
  const options = readOptions();
  if (typeof options === 'string') {
    say(options);
    return options === USAGE ? 0 : 2;
  }
  if (options.list) {
    for (const { id, title, isShort } of options.chosen)
      say(`${id.padEnd(9)} ${isShort ? 'short' : 'long '}  ${title}`);
    return 0;
  }
  const stop = listenForStop();
  const reports: ScenarioReport[] = [];
  const queue = [...options.chosen];
  const work = async () => {
    for (let next = queue.shift(); next !== undefined && !stop.aborted; next = queue.shift()) {
      const missing = await next.missing?.();
      if (missing === undefined) reports.push(await runUntilProved(next, options, stop, say));
      else say(`skipped ${next.id} ${next.title}: ${missing}`);
    }
  };
  await Promise.all(Array.from({ length: options.atOnce }, work));
  say(`\n${formatSummary(reports)}`);
  if (options.json !== undefined)
    writeFileSync(options.json, `${JSON.stringify({ seed: options.seed, reports }, null, 2)}\n`);
  return !stop.aborted && (reports.length === 0 || combine(reports.map(({ verdict }) => verdict)) === true) ? 0 : 1;
}

/** A run in which the fault did not bite proves nothing either way: it is made again, under the next seed. */
async function runUntilProved(
  scenario: Scenario,
  options: RunOptions,
  stopped: AbortSignal,
  say: (text: string) => void,
) {
  for (let tries = 1; ; tries += 1) {
    const report = await runScenario(scenario, { ...options, seed: options.seed + tries - 1 }, stopped);
    const isLast = report.verdict !== 'unknown' || tries === TRIES || stopped.aborted;
    say(isLast ? formatScenario(report) : `again: ${formatScenario(report)}`);
    if (isLast) return report;
  }
}

interface Options extends RunOptions {
  readonly json?: string;
  readonly list: boolean;
  readonly chosen: readonly Scenario[];
  readonly atOnce: number;
}

/** What was asked for, or the text to answer with instead. */
function readOptions(): string | Options {
  let values: ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values'];
  try {
    ({ values } = parseArgs({ options: OPTIONS }));
  } catch (error) {
    return `${(error as Error).message}\n\n${USAGE}`;
  }
  if (values.help) return USAGE;
  const seed = Number(values.seed);
  if (!Number.isSafeInteger(seed) || seed < 0) return `--seed: ${values.seed} is no whole number`;
  const atOnce = Number(values['at-once']);
  if (!(Number.isInteger(atOnce) && atOnce >= 1 && atOnce <= 8))
    return `--at-once: ${values['at-once']} is no number from 1 to 8`;
  const partitions = values.partitions === undefined ? undefined : Number(values.partitions);
  if (partitions !== undefined && !(Number.isInteger(partitions) && partitions >= 1 && partitions <= 64))
    return `--partitions: ${values.partitions} is no number from 1 to 64`;
  const ids = values.only?.split(',');
  // S23 means S23-loop and its siblings as well.
  const isMeant = (id: string, one: Scenario) => one.id === id || one.id.startsWith(`${id}-`);
  const missing = ids?.filter((id) => !SCENARIOS.some((one) => isMeant(id, one))) ?? [];
  if (missing.length > 0) return `--only: there is no scenario ${missing.join(', ')}; --list names them`;
  const chosen = SCENARIOS.filter(
    (one) => (ids?.some((id) => isMeant(id, one)) ?? true) && (!values.short || one.isShort),
  );
  return {
    seed,
    list: values.list,
    chosen,
    atOnce,
    ...(partitions === undefined ? {} : { partitions }),
    ...(values.json === undefined ? {} : { json: values.json }),
  };
}
