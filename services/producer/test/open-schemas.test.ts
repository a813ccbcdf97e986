import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createLogger, createMetrics, createRegistry } from '@millrace/runtime';
import { waitUntil } from '@millrace/testing';
import { openSchemas } from '../src/open-schemas.js';
import { createTestApp, post } from './app-parts.js';

let dir: string;
let close: () => Promise<void>;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'millrace-schemas-'));
  await mkdir(join(dir, 'schemas'));
  close = async () => undefined;
});

afterEach(async () => {
  await close();
  await rm(dir, { recursive: true });
});

/** As editors do it: whole, by renaming. */
async function write(name: string, text: string): Promise<void> {
  await writeFile(join(dir, `${name}.new`), text);
  await rename(join(dir, `${name}.new`), join(dir, 'schemas', name));
}

const demand = (property: string) => JSON.stringify({ type: 'object', required: [property] });

async function open(configPollMs: number) {
  const registry = createRegistry();
  const schemas = await openSchemas(
    { configDir: dir, configPollMs },
    createLogger('test', 'silent'),
    createMetrics(registry),
  );
  schemas.start();
  close = () => schemas.stop();
  const { app } = await createTestApp({}, { schemas: () => schemas.value });
  const statusOf = async (type: string, data: object) =>
    (await app.inject(post(JSON.stringify({ type, data }), { 'content-type': 'application/json' }))).statusCode;
  const counted = async (outcome: string) => {
    const text = await registry.getSingleMetricAsString('millrace_schemas_reloads_total');
    return Number(new RegExp(`outcome="${outcome}"} (\\d+)`).exec(text)?.[1]);
  };
  return { schemas, statusOf, counted };
}

describe('openSchemas', () => {
  it('takes changed, added and removed files while the producer runs, and counts them', async () => {
    await write('t.json', demand('a'));
    const { schemas, statusOf, counted } = await open(10);
    expect([await statusOf('t', { b: 1 }), await statusOf('u', {})]).toEqual([422, 202]);
    await write('t.json', demand('b'));
    await waitUntil(async () => (await statusOf('t', { b: 1 })) === 202, 'the changed schema is in force');
    await write('u.json', demand('c'));
    await waitUntil(async () => (await statusOf('u', {})) === 422, 'the added schema is in force');
    await rm(join(dir, 'schemas', 't.json'));
    await waitUntil(async () => (await statusOf('t', {})) === 202, 'the removed schema is gone');
    expect([await counted('refused'), schemas.value.size]).toEqual([0, 1]);
    expect(await counted('applied')).toBeGreaterThanOrEqual(3);
  });

  it('refuses all changes together when one is wrong, once, and goes on with those before', async () => {
    await write('t.json', demand('a'));
    const { statusOf, counted } = await open(10);
    await write('u.json', demand('c'));
    await write('t.json', '{ "type": "objekt" }');
    await waitUntil(async () => (await counted('refused')) > 0, 'it is refused');
    expect(await statusOf('t', {})).toBe(422);
    const looked = await counted('refused');
    await write('t.json', demand('b'));
    await waitUntil(async () => (await statusOf('t', { b: 1 })) === 202, 'the mended schema is in force');
    expect([looked, await counted('refused'), await statusOf('u', {})]).toEqual([1, 1, 422]);
  });

  it('reads them at once when it is told to, where it does not look by itself', async () => {
    const { schemas, statusOf } = await open(0);
    await write('t.json', demand('a'));
    await schemas.reload();
    expect(await statusOf('t', {})).toBe(422);
  });

  it('does not begin with a schema that is wrong', async () => {
    await write('t.json', '{');
    await expect(open(0)).rejects.toMatchObject({ code: 'SCHEMAS_INVALID' });
  });
});
