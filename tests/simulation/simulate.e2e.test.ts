import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from '@jest/globals';

/** What is looked at here of what the simulation prints. */
interface Figures {
  readonly posted: number;
  readonly finished: number;
  readonly latency: { readonly p50: number; readonly max: number };
  readonly backlog: { readonly atLoadEnd: number };
  readonly nodes: readonly { readonly commandsPerSecond: number }[];
  readonly calls: number;
  readonly reordered: number;
  readonly recoveryMs?: number;
}

const SMALL = { eventsPerSecond: 400, durationMs: 1_000, concurrency: 8 };
const LEASES = { claimIdleMs: 1_800, heartbeatMs: 300, sweepMs: 300 };
const KILLED = { consumers: 4, killed: 2, killAtMs: 500, ...LEASES };
const CROWD = { keys: 20, consumers: 3, failures: 0.05, eventsPerSecond: 150 };
const SCENARIOS = {
  seed7: { seed: 7, failures: 0.1 },
  seed8: { seed: 8, failures: 0.1 },
  killed: KILLED,
  ordered: { ...CROWD, isOrdered: true },
  free: CROWD,
  fewPlaces: { consumers: 1, toolMs: 100 },
  killedInOrder: { ...KILLED, partitions: 8, nodes: 2, keys: 40, isOrdered: true },
  bySlot: { partitions: 8, nodes: 8 },
  spread: { partitions: 8, nodes: 8, isSpread: true },
};
type Name = keyof typeof SCENARIOS;

/** All in one process, one after the other: starting one takes longer than what it simulates. */
async function simulate(names: readonly Name[]): Promise<Readonly<Record<Name, Figures>>> {
  const scenarios = names.flatMap((name) => ['--scenario', JSON.stringify({ ...SMALL, ...SCENARIOS[name] })]);
  const { stdout } = await run(...scenarios, '--json');
  const lines = stdout.trimEnd().split('\n');
  return Object.fromEntries(names.map((name, at) => [name, JSON.parse(lines[at] ?? '')])) as Record<Name, Figures>;
}

function run(...args: readonly string[]) {
  return promisify(execFile)(process.execPath, ['bench/simulate/main.ts', ...args]);
}

describe('npm run simulate', () => {
  let all: Readonly<Record<Name, Figures>>;
  let again: Figures;

  beforeAll(async () => {
    const [every, one] = await Promise.all([simulate(Object.keys(SCENARIOS) as Name[]), simulate(['seed8'])]);
    all = every;
    again = one.seed8;
  });

  it('gives the same figures for the same seed whatever ran before, and others for another', () => {
    expect(again).toEqual(all.seed8);
    expect(all.seed7).not.toEqual(all.seed8);
  });

  it('finishes every event although consumers are killed, once their leases have run out', () => {
    expect(all.killed.finished).toBe(all.killed.posted);
    expect(all.killed.recoveryMs).toBeGreaterThan(1_500);
    expect(all.killed.recoveryMs).toBeLessThan(3_600);
  });

  it('keeps the order of each key where the route is ordered, and only there', () => {
    expect(all.ordered.finished).toBe(all.ordered.posted);
    expect(all.ordered.reordered).toBe(0);
    expect(all.free.reordered).toBeGreaterThan(0);
  });

  it('shows a backlog where consumers have too few places', () => {
    const { backlog, latency, calls, posted } = all.fewPlaces;
    // Eight places, a tenth of a second each.
    expect(backlog.atLoadEnd).toBeGreaterThan(200);
    expect(latency.max).toBeGreaterThan(latency.p50);
    expect(calls).toBe(posted);
  });

  it('finishes every event in order on several nodes with several partitions, although consumers are killed', () => {
    const { finished, posted, reordered, nodes } = all.killedInOrder;
    expect(finished).toBe(posted);
    expect(reordered).toBe(0);
    expect(nodes).toHaveLength(2);
  });

  it('puts a partition on the node that has its slot in a new cluster, unless partitions are spread', () => {
    const countBusy = ({ nodes }: Figures) => nodes.filter(({ commandsPerSecond }) => commandsPerSecond > 0).length;
    expect(countBusy(all.bySlot)).toBe(4);
    expect(countBusy(all.spread)).toBe(8);
  });

  it('says what is wrong with its options', async () => {
    const failed = await run('--consumers', 'many').catch((error: unknown) => error);
    expect(failed).toMatchObject({ code: 2, stderr: expect.stringContaining('--consumers must be a number') });
  });

  it('takes the title of a case only where cases are compared', async () => {
    const failed = await run('--case', 'partitions').catch((error: unknown) => error);
    expect(failed).toMatchObject({ code: 2, stderr: expect.stringContaining('--case goes with --against-measured') });
  });

  it('says which cost is missing in a file of costs', async () => {
    const failed = await run('--costs', 'package.json').catch((error: unknown) => error);
    expect(failed).toMatchObject({ code: 2, stderr: expect.stringContaining('costs.redis.idle must be a number') });
  });
});
