import { hash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createLogger, createMetrics, createRegistry } from '@millrace/runtime';
import { fastify } from 'fastify';
import { openKeys } from '../src/access/open-keys.js';
import { requirePerson } from '../src/access/require-person.js';

const logger = createLogger('operator', 'silent');
let dir: string;
let keysFile: string;

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'millrace-operator-keys-'));
  keysFile = join(dir, 'keys.yaml');
});

afterAll(() => rmSync(dir, { recursive: true, force: true }));

function write(...names: readonly string[]): void {
  const lines = names.map((name) => `  - { name: ${name}, role: operator, sha256: "${hash('sha256', name, 'hex')}" }`);
  writeFileSync(keysFile, ['keys:', ...lines, ''].join('\n'));
}

describe('openKeys', () => {
  it('takes a changed file without a restart: who was added comes in, who was taken out does not', async () => {
    write('ada', 'bob');
    const registry = createRegistry();
    const settings = { key: 'the-one', keys: [], keysFile, configPollMs: 0 };
    const people = await openKeys(settings, logger, createMetrics(registry));
    const app = fastify({ logger: false });
    requirePerson(app, () => people.keys);
    app.get('/', async () => ({}));
    const ask = async (key: string) =>
      (await app.inject({ url: '/', headers: { authorization: `Bearer ${key}` } })).statusCode;
    const askAll = () => Promise.all(['the-one', 'ada', 'bob', 'cy'].map(ask));
    const [yes, no] = [200, expect.any(Number)];
    expect(await askAll()).toEqual([yes, yes, yes, no]);
    expect(await ask('cy')).not.toBe(200);
    write('ada', 'cy');
    await people.reload();
    expect(await askAll()).toEqual([yes, yes, no, yes]);
    expect(await ask('bob')).not.toBe(200);
    // A wrong file, and none at all, change nothing.
    writeFileSync(keysFile, 'keys: []');
    await people.reload();
    rmSync(keysFile);
    await people.reload();
    expect(await ask('cy')).toBe(200);
    const counted = await registry.getSingleMetricAsString('millrace_keys_reloads_total');
    expect(counted).toMatch(/outcome="applied"\} 1\n.*outcome="refused"\} 2/s);
    await app.close();
    await people.stop();
  });

  it('fails at the start where the file is wrong, and needs none', async () => {
    writeFileSync(keysFile, 'keys: []');
    const metrics = createMetrics(createRegistry());
    await expect(openKeys({ key: undefined, keys: [], keysFile, configPollMs: 0 }, logger, metrics)).rejects.toThrow(
      /MILLRACE_OPERATOR_KEYS/,
    );
    const none = await openKeys({ key: undefined, keys: [], keysFile: undefined, configPollMs: 0 }, logger, metrics);
    expect(none.keys).toEqual([]);
    await none.stop();
  });
});
