import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openWatchedFile, type WatchedFile } from '@millrace/config-files';
import { waitUntil } from '@millrace/testing';

let dir: string;
let watched: WatchedFile<number> | undefined;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'millrace-watched-'));
});

afterEach(async () => {
  await watched?.stop();
  await rm(dir, { recursive: true });
});

const write = (text: string, name = 'n') => writeFile(join(dir, name), text);

/** Watches a file that holds one number. */
async function watch(pollMs: number, path = join(dir, 'n')) {
  const told: string[] = [];
  watched = await openWatchedFile({
    path,
    maxBytes: 100,
    pollMs,
    parse: (text) => {
      if (!/^\d+$/.test(text)) throw new Error(`no number: ${text}`);
      return Number(text);
    },
    onTaken: (value) => told.push(`taken ${value}`),
    onRefused: (error) => told.push((error as Error).message),
  });
  watched.start();
  return { watched, told };
}

describe('openWatchedFile', () => {
  it('throws when the file is missing, too large or wrong', async () => {
    await expect(watch(0)).rejects.toThrow(/cannot read .*n \(ENOENT\)/);
    await write('1'.repeat(101));
    await expect(watch(0)).rejects.toThrow(/larger than 100 bytes/);
    await write('x');
    await expect(watch(0)).rejects.toThrow('no number: x');
  });
});

describe('a watched file', () => {
  it('is taken when it was written, renamed into place, or a link was turned to another', async () => {
    await mkdir(join(dir, 'a'));
    await mkdir(join(dir, 'b'));
    await write('1', 'a/n');
    await write('2', 'b/n');
    await symlink('a', join(dir, 'current'));
    const { watched } = await watch(5, join(dir, 'current/n'));
    expect(watched.value).toBe(1);
    await symlink('b', join(dir, 'next'));
    await rename(join(dir, 'next'), join(dir, 'current'));
    await waitUntil(() => watched.value === 2, 'the turned link is seen');
    await write('3', 'b/n');
    await waitUntil(() => watched.value === 3, 'the written file is seen');
    await write('4', 'b/new');
    await rename(join(dir, 'b/new'), join(dir, 'b/n'));
    await waitUntil(() => watched.value === 4, 'the renamed file is seen');
  });

  it('that is wrong or gone never replaces what was right, and is reported once', async () => {
    await write('1');
    const { watched, told } = await watch(0);
    for (const text of ['x', 'x', '1', 'x', '2']) {
      await write(text);
      await watched.reload();
    }
    await rm(join(dir, 'n'));
    await watched.reload();
    await watched.reload();
    expect(watched.value).toBe(2);
    expect(told).toEqual(['no number: x', 'no number: x', 'taken 2', expect.stringMatching(/^cannot read .*ENOENT/)]);
  });

  it('is left alone while it is being written: two readings in a row have to be the same', async () => {
    await write('1');
    const { watched, told } = await watch(0);
    for (const text of ['2', '22', '222']) {
      await write(text);
      await watched.look();
    }
    expect([watched.value, told]).toEqual([1, []]);
    await watched.look();
    expect([watched.value, told]).toEqual([222, ['taken 222']]);
  });

  it('is not looked at any more once it was stopped', async () => {
    await write('1');
    const { watched, told } = await watch(1);
    await watched.stop();
    await write('2');
    await watched.reload();
    expect(watched.value).toBe(1);
    expect(told).toEqual([]);
  });
});
