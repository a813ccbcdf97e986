import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createLogger, createMetrics, createRegistry } from '@millrace/runtime';
import { waitUntil } from '@millrace/testing';
import { openAccess, type WatchedAccess } from '../../src/access/open-access.js';

let dir: string;
let access: WatchedAccess | undefined;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'millrace-keys-'));
});

afterEach(async () => {
  await access?.stop();
  await rm(dir, { recursive: true });
});

const write = (text: string) => writeFile(join(dir, 'keys.yaml'), text);
const entry = (key: string) =>
  `keys: [{ id: a, sha256: '${createHash('sha256').update(key).digest('hex')}', types: ['*'] }]`;

async function openWith(configPollMs: number) {
  const registry = createRegistry();
  const settings = { apiKey: undefined, keysFile: join(dir, 'keys.yaml'), configPollMs };
  const opened = await openAccess(settings, createLogger('test', 'silent'), createMetrics(registry));
  access = opened;
  opened.start();
  const counted = async () => {
    const text = await registry.getSingleMetricAsString('millrace_keys_reloads_total');
    return text.split('\n').filter((line) => line.startsWith('millrace_'));
  };
  return { isIn: (key: string) => opened.rules.keyRing?.find(`Bearer ${key}`) !== undefined, counted, opened };
}

describe('openAccess', () => {
  it('takes a changed keys file without a restart', async () => {
    await write(entry('old'));
    const { isIn, counted } = await openWith(5);
    expect([isIn('old'), isIn('new')]).toEqual([true, false]);
    await write(entry('new'));
    await waitUntil(() => isIn('new'), 'the new key lets somebody in');
    expect(isIn('old')).toBe(false);
    expect(await counted()).toEqual(['millrace_keys_reloads_total{outcome="applied"} 1']);
  });

  it('keeps the keys it has while the file is wrong or gone, and counts that', async () => {
    await write(entry('old'));
    const { isIn, counted, opened } = await openWith(0);
    for (const text of ['keys: []', 'keys: [', `${entry('new').slice(0, -2)}, raet: 1 }]`]) {
      await write(text);
      await opened.reload();
    }
    await rm(join(dir, 'keys.yaml'));
    await opened.reload();
    expect([isIn('old'), isIn('new')]).toEqual([true, false]);
    expect(await counted()).toEqual(['millrace_keys_reloads_total{outcome="refused"} 4']);
  });

  it('throws at the start when the file is missing or wrong', async () => {
    await expect(openWith(0)).rejects.toThrow(/cannot read .*keys\.yaml/);
    await write('keys: []');
    await expect(openWith(0)).rejects.toThrow(/keys\.yaml:1 .*lets nobody in/);
  });
});
