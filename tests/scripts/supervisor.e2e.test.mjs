import { afterEach, describe, expect, it } from '@jest/globals';
import { Supervisor } from '../../scripts/system/supervisor.mjs';
import { waitFor } from '../../scripts/wait-for.mjs';
import { createTempDir, describeFake, isRunning, quick } from './fake-specs.mjs';

/** @typedef {{ name: string, pid: number }} Running */

/** @type {Supervisor[]} */
const opened = [];
afterEach(() => Promise.all(opened.splice(0).map((supervisor) => supervisor.stop())));

/** @param {Partial<typeof quick>} [timing] */
function createSupervisor(timing = {}) {
  /** @type {string[]} */
  const lines = [];
  /** @type {{ now: Running[], seen: Running[], ended: string[] }} */
  const processes = { now: [], seen: [], ended: [] };
  const supervisor = new Supervisor({
    logDir: createTempDir('logs'),
    say: (line) => lines.push(line),
    onChange: (running) => {
      const gone = processes.now.filter((one) => !running.some(({ pid }) => pid === one.pid));
      processes.ended.push(...gone.map(({ name }) => name));
      processes.seen.push(...running.filter((one) => !processes.now.some(({ pid }) => pid === one.pid)));
      processes.now = running;
    },
    timing: { ...quick, ...timing },
  });
  opened.push(supervisor);
  return { supervisor, lines, processes };
}

/** @param {() => boolean} condition */
const until = async (condition) => expect(await waitFor(condition, { limitMs: 120_000 })).toBe(true);

/** @param {{ seen: Running[] }} processes */
const firstPid = ({ seen }) => seen.at(0)?.pid ?? Number.NaN;

describe('Supervisor.start', () => {
  it('resolves when every process has announced itself and answers', async () => {
    const { supervisor, processes } = createSupervisor();
    await supervisor.start([describeFake('one'), describeFake('two')]);
    expect(processes.now.map(({ name }) => name).sort()).toEqual(['one', 'two']);
  });

  it('starts a process again that was killed, and says so', async () => {
    const { supervisor, lines, processes } = createSupervisor();
    await supervisor.start([describeFake('one')]);
    process.kill(firstPid(processes), 'SIGKILL');
    await until(() => lines.includes('one is back'));
    expect(lines[0]).toBe('one was ended by SIGKILL; starting it again in 0.01 s');
    expect(processes.now).toHaveLength(1);
    expect(processes.now).not.toContainEqual(processes.seen[0]);
  });

  it('doubles the delay with each death up to the longest', async () => {
    const { supervisor, lines, processes } = createSupervisor();
    await supervisor.start([describeFake('one')]);
    for (let deaths = 1; deaths <= 4; deaths += 1) {
      process.kill(processes.now[0]?.pid ?? Number.NaN, 'SIGKILL');
      await until(() => lines.filter((line) => line === 'one is back').length === deaths);
    }
    const delays = lines.flatMap((line) => /again in (.+) s/.exec(line)?.[1] ?? []);
    expect(delays).toEqual(['0.01', '0.02', '0.04', '0.05']);
  });

  it('starts again with the first delay after a process has lived long enough', async () => {
    const { supervisor, lines, processes } = createSupervisor({ resetAfterMs: 0 });
    await supervisor.start([describeFake('one')]);
    for (let deaths = 1; deaths <= 2; deaths += 1) {
      process.kill(processes.now[0]?.pid ?? Number.NaN, 'SIGKILL');
      await until(() => lines.filter((line) => line === 'one is back').length === deaths);
    }
    expect(lines.filter((line) => line.endsWith('again in 0.01 s'))).toHaveLength(2);
  });

  it('rejects with the last log lines when a process dies again and again before it is ready', async () => {
    const { supervisor, processes } = createSupervisor();
    const started = supervisor.start([describeFake('one', { mode: 'failing' })]);
    await expect(started).rejects.toThrow(/^one exited with code 3 before it was ready\none \| the reason it fails\n/);
    expect(processes.seen).toHaveLength(3);
  });

  it('rejects when a process never becomes ready, and leaves none of it behind', async () => {
    const { supervisor, processes } = createSupervisor({ readyLimitMs: 200 });
    const started = supervisor.start([describeFake('one', { mode: 'silent' })]);
    await expect(started).rejects.toThrow('one was not ready within 0.2 s');
    expect(processes.seen.map(({ pid }) => pid).filter(isRunning)).toEqual([]);
  });

  it('rejects when the program is not there', async () => {
    const { supervisor } = createSupervisor();
    const started = supervisor.start([{ ...describeFake('one'), command: '/no/such/program' }]);
    await expect(started).rejects.toThrow(/^one could not be started .*ENOENT/);
  });
});

describe('Supervisor.stop', () => {
  it('leaves no process, and stops those with the lowest stop order first', async () => {
    const { supervisor, processes } = createSupervisor();
    const specs = [3, 1, 2].map((stopOrder) => describeFake(`stage-${stopOrder}`, { stopOrder }));
    await supervisor.start(specs);
    await supervisor.stop();
    expect(processes.ended).toEqual(['stage-1', 'stage-2', 'stage-3']);
    expect(processes.seen.map(({ pid }) => pid).filter(isRunning)).toEqual([]);
  });

  it('kills a process that ignores SIGTERM', async () => {
    const { supervisor, lines, processes } = createSupervisor({ stopLimitMs: 100 });
    await supervisor.start([describeFake('one', { mode: 'stubborn' })]);
    await supervisor.stop();
    expect(lines).toEqual(['one did not stop within 0.1 s and is killed']);
    expect(processes.seen.map(({ pid }) => pid).filter(isRunning)).toEqual([]);
  });

  it('ends the wait before a restart', async () => {
    const { supervisor, lines, processes } = createSupervisor({ firstDelayMs: 3_600_000, maxDelayMs: 3_600_000 });
    await supervisor.start([describeFake('one')]);
    process.kill(firstPid(processes), 'SIGKILL');
    await until(() => lines.length === 1);
    await supervisor.stop();
    expect(processes.seen).toHaveLength(1);
  });
});
