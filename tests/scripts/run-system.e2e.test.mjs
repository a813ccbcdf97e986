import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { stopLeftovers } from '../../scripts/system/leftovers.mjs';
import { waitFor } from '../../scripts/wait-for.mjs';
import { createTempDir, isRunning } from './fake-specs.mjs';

/** @param {string[]} args */
function startSystem(...args) {
  const dir = createTempDir('system');
  const program = fileURLToPath(new URL('./fake-system.mjs', import.meta.url));
  const child = spawn(process.execPath, [program, dir, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += String(chunk);
  });
  const listPath = join(dir, 'processes.json');
  return {
    child,
    listPath,
    exited: once(child, 'exit'),
    output: () => output,
    /** @returns {number[]} */
    pids: () => JSON.parse(readFileSync(listPath, 'utf8')).map((/** @type {{ pid: number }} */ { pid }) => pid),
    ready: () => waitFor(() => output.includes('ready\n'), { limitMs: 120_000 }),
  };
}

describe('runSystem', () => {
  it.each(/** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']))(
    'exits 0 on %s with no process left',
    async (signal) => {
      const system = startSystem();
      await system.ready();
      const pids = system.pids();
      system.child.kill(signal);
      expect(await system.exited).toEqual([0, null]);
      expect(pids).toHaveLength(2);
      expect(pids.filter(isRunning)).toEqual([]);
      expect(system.output()).toBe('ready\nstopping …\nstopped\n');
    },
  );

  it('exits 1 and leaves no process when one of them cannot start', async () => {
    const system = startSystem('failing');
    expect(await system.exited).toEqual([1, null]);
    expect(system.output()).toContain('second | the reason it fails');
    expect(system.pids()).toEqual([]);
  });
});

describe('stopLeftovers', () => {
  it('stops what a killed start left running, in stop order', async () => {
    const system = startSystem();
    await system.ready();
    const pids = system.pids();
    system.child.kill('SIGKILL');
    await system.exited;
    expect(pids.filter(isRunning)).toEqual(pids);
    /** @type {string[]} */
    const lines = [];
    await stopLeftovers(system.listPath, (line) => lines.push(line));
    expect(pids.filter(isRunning)).toEqual([]);
    expect(lines.map((line) => line.split(' ')[1])).toEqual(['second', 'first']);
  });
});
