import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { fitCosts } from './fit.ts';
import { type Measured, measure } from './measure.ts';
import { DEFAULT_SCENARIO, type Scenario } from './settings.ts';
import type { Result } from './simulation.ts';

/** How far the simulation may be off. */
const BAR = 0.2;
/** After a rest, most of it is what the machine takes to wake up, and that depends on what else runs: it is shown. */
const NOT_JUDGED: Figure = 'redisMicros';

type Figure = Exclude<keyof Measured, 'seen'>;
type Figures = Pick<Measured, Figure>;

interface Case {
  readonly title: string;
  readonly scenario: Scenario;
  readonly rounds: number;
  readonly figures: readonly Figure[];
}

/** Small enough for two cores: what is compared is bound by the tool, by places and by leases, and not by the machine. */
const SMALL = { ...DEFAULT_SCENARIO, durationMs: 5_000, dataBytes: 300, drainMs: 60_000, isWatched: true };

const CASES: readonly Case[] = [
  {
    title: 'two consumers with places to spare',
    scenario: { ...SMALL, eventsPerSecond: 200, consumers: 2, concurrency: 16, toolMs: 50 },
    rounds: 3,
    figures: ['finishedPerSecond', 'p50', 'p95', 'redisMicros'],
  },
  {
    title: 'one consumer, more events than it has places for',
    scenario: { ...SMALL, eventsPerSecond: 300, consumers: 1, concurrency: 16, toolMs: 100 },
    rounds: 3,
    figures: ['finishedPerSecond', 'p50', 'p95', 'redisMicros'],
  },
  {
    title: 'three consumers, a tenth of the calls fails',
    // Its 95th percentile is the median of retries, whose pauses are drawn: it takes many to know it.
    scenario: {
      ...SMALL,
      durationMs: 12_000,
      eventsPerSecond: 150,
      consumers: 3,
      concurrency: 16,
      toolMs: 50,
      failures: 0.1,
    },
    rounds: 3,
    figures: ['finishedPerSecond', 'p50', 'p95', 'redisMicros'],
  },
  {
    title: 'one of three consumers is killed',
    scenario: {
      ...SMALL,
      eventsPerSecond: 150,
      consumers: 3,
      concurrency: 16,
      toolMs: 100,
      killed: 1,
      killAtMs: 1_500,
      claimIdleMs: 1_800,
      heartbeatMs: 300,
      sweepMs: 300,
    },
    rounds: 3,
    figures: ['finishedPerSecond', 'p50', 'recoveryMs'],
  },
  {
    title: 'two consumers, four partitions',
    scenario: { ...SMALL, eventsPerSecond: 200, consumers: 2, concurrency: 16, toolMs: 50, partitions: 4 },
    rounds: 3,
    figures: ['finishedPerSecond', 'p50', 'p95', 'redisMicros'],
  },
  {
    title: 'four partitions, one of three consumers is killed',
    scenario: {
      ...SMALL,
      eventsPerSecond: 150,
      consumers: 3,
      concurrency: 16,
      toolMs: 100,
      partitions: 4,
      killed: 1,
      killAtMs: 1_500,
      claimIdleMs: 1_800,
      heartbeatMs: 300,
      sweepMs: 300,
    },
    rounds: 3,
    figures: ['finishedPerSecond', 'p50', 'recoveryMs'],
  },
];

/** Runs the small real system and the simulation with the same parameters, in turns. Returns whether they agree. */
export async function compareWithMeasured(print: (text: string) => void): Promise<boolean> {
  // Everything that is started wants to be ended with the process.
  process.setMaxListeners(0);
  // Whatever the machine is like today: what is judged is how the costs of steps come to those of a system.
  const dir = await mkdtemp(join(tmpdir(), 'millrace-costs-'));
  const costs = join(dir, 'costs.json');
  await writeFile(costs, JSON.stringify(await fitCosts()));
  try {
    return await compareAll(costs, print);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function compareAll(costs: string, print: (text: string) => void): Promise<boolean> {
  let agree = true;
  for (const { title, scenario, rounds, figures } of CASES) {
    print(
      `\n${title}\n  ${'figure'.padEnd(20)}${'measured'.padStart(10)}${'simulated'.padStart(11)}${'off by'.padStart(8)}\n`,
    );
    const measured: Figures[] = [];
    const simulated: Figures[] = [];
    for (let round = 0; round < rounds; round++) {
      const real = await measure({ ...scenario, seed: round + 1 });
      const { toolMs, roundTripMs } = real.seen;
      measured.push(real);
      simulated.push(
        await simulateElsewhere({ ...scenario, toolMs, networkMs: roundTripMs / 2, seed: round + 1 }, costs),
      );
    }
    for (const figure of figures) {
      const [real, model] = [measured, simulated].map((all) => median(all.map((one) => one[figure] ?? Number.NaN)));
      const off = (model as number) / (real as number) - 1;
      const isFine = Math.abs(off) <= BAR;
      const isJudged = figure !== NOT_JUDGED;
      agree &&= isFine || !isJudged;
      const columns = [round1(real as number).padStart(10), round1(model as number).padStart(11)];
      print(
        `  ${NAMES[figure].padEnd(20)}${columns.join('')}${`${(100 * off).toFixed(0)} %`.padStart(8)}${isJudged ? (isFine ? '' : '  ✗') : '  not judged'}\n`,
      );
    }
  }
  print(`\nthe bar is ${100 * BAR} %: ${agree ? 'reached' : 'not reached'}\n`);
  return agree;
}

const NAMES: Readonly<Record<Figure, string>> = {
  finishedPerSecond: 'events/s',
  p50: 'latency p50, ms',
  p95: 'latency p95, ms',
  redisMicros: 'Redis µs an event',
  recoveryMs: 'recovery, ms',
};

/** In a process of its own, since virtual time takes the place of the process's own for good. */
async function simulateElsewhere(scenario: Scenario, costs: string): Promise<Figures> {
  const main = fileURLToPath(new URL('main.ts', import.meta.url));
  const args = [main, '--scenario', JSON.stringify(scenario), '--costs', costs, '--json'];
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 120_000 });
  const { finishedPerSecond, latency, redisMicros, recoveryMs } = JSON.parse(stdout) as Result;
  const { p50, p95 } = latency;
  return { finishedPerSecond, p50, p95, redisMicros, ...(recoveryMs === undefined ? {} : { recoveryMs }) };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function round1(value: number): string {
  return value < 100 ? value.toFixed(1) : String(Math.round(value));
}
