import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';

const SMALL = ['--events-per-s', '400', '--seconds', '1', '--concurrency', '8', '--json'];

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

async function simulate(...args: readonly string[]): Promise<Figures> {
  const { stdout } = await promisify(execFile)(process.execPath, ['bench/simulate/main.ts', ...SMALL, ...args]);
  return JSON.parse(stdout) as Figures;
}

describe('npm run simulate', () => {
  it('gives the same figures for the same seed, and others for another', async () => {
    const runs = await Promise.all(['7', '7', '8'].map((seed) => simulate('--seed', seed, '--failures', '0.1')));
    expect(runs[1]).toEqual(runs[0]);
    expect(runs[2]).not.toEqual(runs[0]);
  });

  it('finishes every event although consumers are killed, once their leases have run out', async () => {
    const leases = ['--claim-idle-ms', '1800', '--heartbeat-ms', '300', '--sweep-ms', '300'];
    const figures = await simulate('--consumers', '4', '--kill', '2', '--kill-at-ms', '500', ...leases);
    expect(figures.finished).toBe(figures.posted);
    expect(figures.recoveryMs).toBeGreaterThan(1_500);
    expect(figures.recoveryMs).toBeLessThan(3_600);
  });

  it('keeps the order of each key where the route is ordered, and only there', async () => {
    const crowd = ['--keys', '20', '--consumers', '3', '--failures', '0.05', '--events-per-s', '150'];
    const [ordered, free] = await Promise.all([simulate(...crowd, '--ordered'), simulate(...crowd)]);
    expect(ordered.finished).toBe(ordered.posted);
    expect(ordered.reordered).toBe(0);
    expect(free.reordered).toBeGreaterThan(0);
  });

  it('shows a backlog where consumers have too few places', async () => {
    const figures = await simulate('--consumers', '1', '--tool-ms', '100');
    // Eight places, a tenth of a second each.
    expect(figures.backlog.atLoadEnd).toBeGreaterThan(200);
    expect(figures.latency.max).toBeGreaterThan(figures.latency.p50);
    expect(figures.calls).toBe(figures.posted);
  });

  it('finishes every event in order on several nodes with several partitions, although consumers are killed', async () => {
    const leases = ['--claim-idle-ms', '1800', '--heartbeat-ms', '300', '--sweep-ms', '300'];
    const crowd = ['--keys', '40', '--ordered', '--consumers', '4', '--kill', '2', '--kill-at-ms', '500'];
    const figures = await simulate('--partitions', '8', '--nodes', '2', ...crowd, ...leases);
    expect(figures.finished).toBe(figures.posted);
    expect(figures.reordered).toBe(0);
    expect(figures.nodes).toHaveLength(2);
  });

  it('puts a partition on the node that has its slot in a new cluster, unless partitions are spread', async () => {
    const size = ['--partitions', '8', '--nodes', '8'];
    const [bySlot, spread] = await Promise.all([simulate(...size), simulate(...size, '--spread')]);
    const countBusy = ({ nodes }: Figures) => nodes.filter(({ commandsPerSecond }) => commandsPerSecond > 0).length;
    expect(countBusy(bySlot)).toBe(4);
    expect(countBusy(spread)).toBe(8);
  });

  it('says what is wrong with its options', async () => {
    const failed = await simulate('--consumers', 'many').catch((error: unknown) => error);
    expect(failed).toMatchObject({ code: 2, stderr: expect.stringContaining('--consumers must be a number') });
  });
});
