import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { waitUntil } from '@millrace/testing';
import { identityOf, ProcessTable } from '../src/verify/process-table.js';

let dir: string;
let path: string;
let child: ChildProcess;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'millrace-processes-'));
  path = join(dir, 'processes.json');
  child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  await once(child, 'spawn');
});

afterEach(async () => {
  child.kill('SIGKILL');
  await rm(dir, { recursive: true, force: true });
});

async function openTable(identity?: string): Promise<ProcessTable> {
  const pid = child.pid ?? 0;
  await writeFile(path, JSON.stringify([{ name: 'consumer-1', pid, identity: identity ?? identityOf(pid) }]));
  return new ProcessTable(path);
}

async function stateOf(pid = 0): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[0];
}

describe('ProcessTable', () => {
  it('stops a process, and lets everything go on that it stopped', async () => {
    const table = await openTable();
    const [consumer] = table.list('consumer');
    expect(consumer !== undefined && table.stop(consumer)).toBe(true);
    await waitUntil(async () => (await stateOf(child.pid)) === 'T', 'the process stands still');
    table.resumeAll();
    await waitUntil(async () => (await stateOf(child.pid)) !== 'T', 'the process goes on');
  });

  it('kills a process even while it stands still', async () => {
    const table = await openTable();
    const [consumer] = table.list('consumer');
    const exited = once(child, 'exit');
    expect(consumer !== undefined && table.stop(consumer) && table.kill(consumer)).toBe(true);
    expect(await exited).toEqual([null, 'SIGKILL']);
    expect(table.list('consumer')).toEqual([]);
  });

  it('leaves a process alone that only got the number of one that was written down', async () => {
    const table = await openTable('another start');
    expect(table.list('consumer')).toEqual([]);
    expect(table.kill({ name: 'consumer-1', pid: child.pid ?? 0, identity: 'another start' })).toBe(false);
    expect(child.exitCode).toBeNull();
  });

  it('knows consumers from Redis', async () => {
    expect((await openTable()).list('redis')).toEqual([]);
  });

  it('cannot be had without the file', () => {
    expect(() => new ProcessTable(join(dir, 'nothing.json'))).toThrow('is the system running');
  });
});
