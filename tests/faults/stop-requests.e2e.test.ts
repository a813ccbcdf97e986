import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from '@jest/globals';
import { waitUntil } from '@millrace/testing';

const root = join(import.meta.dirname, '../..');

/** The states of the processes of a group that have not ended; `T` is frozen. */
function statesOf(group: number): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(readStat)
    .flatMap(([state = 'Z', , ofGroup]) => (state !== 'Z' && Number(ofGroup) === group ? [state] : []));
}

/** What `/proc` says of a process behind its name; nothing of one that has gone meanwhile. */
function readStat(pid: string): readonly string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}

describe('the runner of fault scenarios', () => {
  it('leaves no process behind when it is told to stop, however often, not even a frozen one', async () => {
    const runner = spawn(process.execPath, ['tests/faults/main.ts', '--only', 'S4'], {
      cwd: root,
      // The leader of a group of its own, to which everything belongs that it starts.
      detached: true,
      stdio: 'ignore',
    });
    const group = runner.pid ?? 0;
    const ended = once(runner, 'exit');
    try {
      await waitUntil(() => statesOf(group).includes('T'), 'a consumer is frozen');
      await waitUntil(() => !runner.kill('SIGTERM'), 'it has ended');
      await ended;
      await waitUntil(() => statesOf(group).length === 0, 'nothing of it runs');
    } finally {
      if (statesOf(group).length > 0) process.kill(-group, 'SIGKILL');
    }
  });
});
