import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { fitCosts } from './fit.ts';
import { type Measured, measure } from './measure.ts';
import { median, medianOf } from './median.ts';
import { type Costs, DEFAULT_SCENARIO, type Scenario } from './settings.ts';
import type { Result } from './simulation.ts';

/** How far the simulation may be off. */
const BAR = 0.2;
/** Of each, the median is compared. */
const ROUNDS = 3;

type Figure = Exclude<keyof Measured, 'seen'>;
type Figures = Pick<Measured, Figure>;

/** A small system, and what of it is compared. */
export interface Case {
  readonly title: string;
  readonly scenario: Scenario;
  readonly figures: readonly Figure[];
}

/** Small enough for two cores: what is compared is bound by the tool, by places and by leases, and not by the machine. */
const SMALL = { ...DEFAULT_SCENARIO, durationMs: 5_000, dataBytes: 300, drainMs: 60_000, isWatched: true };

const CASES: readonly Case[] = [
  {
    title: 'two consumers with places to spare',
    scenario: { ...SMALL, eventsPerSecond: 200, consumers: 2, concurrency: 16, toolMs: 50 },
    figures: ['finishedPerSecond', 'p50', 'p95', 'redisMicros'],
  },
  {
    title: 'one consumer, more events than it has places for',
    scenario: { ...SMALL, eventsPerSecond: 300, consumers: 1, concurrency: 16, toolMs: 100 },
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
    figures: ['finishedPerSecond', 'p50', 'recoveryMs'],
  },
  {
    title: 'two consumers, four partitions',
    scenario: { ...SMALL, eventsPerSecond: 200, consumers: 2, concurrency: 16, toolMs: 50, partitions: 4 },
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
    figures: ['finishedPerSecond', 'p50', 'recoveryMs'],
  },
];

/** Those that have the text in their titles. */
export function findCases(text = ''): readonly Case[] {
  return CASES.filter(({ title }) => title.includes(text));
}

/**
 * Runs small real systems, and simulations with the same parameters and with what steps cost on this machine meanwhile. Returns
 * whether they agree.
 */
export async function compareWithMeasured(cases: readonly Case[], print: (text: string) => void): Promise<boolean> {
  // Everything that is started wants to be ended with the process.
  process.setMaxListeners(0);
  const measured = await measureInTurns(cases, print);
  const dir = await mkdtemp(join(tmpdir(), 'millrace-costs-'));
  const file = join(dir, 'costs.json');
  try {
    await writeFile(file, JSON.stringify(measured.costs));
    let agree = true;
    for (const one of cases) agree = (await compareCase(one, measured.of(one), file, print)) && agree;
    print(`\nthe bar is ${100 * BAR} %: ${agree ? 'reached' : 'not reached'}\n`);
    return agree;
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** What the machine is like changes from minute to minute: costs are taken between the systems that they are to explain. */
async function measureInTurns(cases: readonly Case[], print: (text: string) => void) {
  const costs: Costs[] = [];
  const measured = new Map<Case, Measured[]>(cases.map((one) => [one, []]));
  for (let round = 1; round <= ROUNDS; round++) {
    print(`round ${round} of ${ROUNDS}: costs`);
    costs.push(await fitCosts());
    for (const [{ title, scenario }, all] of measured) {
      print(`, ${title}`);
      all.push(await measure({ ...scenario, seed: round }));
    }
    print('\n');
  }
  return { costs: medianOf(costs), of: (one: Case) => measured.get(one) ?? [] };
}

async function compareCase(
  { title, scenario, figures }: Case,
  measured: readonly Measured[],
  costs: string,
  print: (text: string) => void,
): Promise<boolean> {
  const simulated: Figures[] = [];
  for (const [round, { seen }] of measured.entries()) {
    const [toolMs, networkMs] = [seen.toolMs, seen.roundTripMs / 2];
    simulated.push(await simulateElsewhere({ ...scenario, toolMs, networkMs, seed: round + 1 }, costs));
  }
  const heads = ['measured'.padStart(10), 'simulated'.padStart(11), 'off by'.padStart(8)];
  print(`\n${title}\n  ${'figure'.padEnd(20)}${heads.join('')}\n`);
  let agree = true;
  for (const figure of figures) {
    const [real, model] = [measured, simulated].map((all) => median(all.map((one) => one[figure] ?? Number.NaN)));
    const off = (model as number) / (real as number) - 1;
    const isFine = Math.abs(off) <= BAR;
    agree &&= isFine;
    const columns = [round1(real as number).padStart(10), round1(model as number).padStart(11)];
    const percent = `${(100 * off).toFixed(0)} %`.padStart(8);
    print(`  ${NAMES[figure].padEnd(20)}${columns.join('')}${percent}${isFine ? '' : '  ✗'}\n`);
  }
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

function round1(value: number): string {
  return value < 100 ? value.toFixed(1) : String(Math.round(value));
}
