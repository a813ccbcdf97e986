import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EXIT } from '../src/errors.js';
import { runCli } from '../src/program.js';

const fixtures = join(import.meta.dirname, 'broken-configurations');
const common = join(fixtures, 'common');
const names = (await readdir(fixtures)).filter((name) => name !== 'common').sort();

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-broken-'));
});

afterAll(() => rm(folder, { recursive: true }));

/** Runs `routes check` on a fixture put over what all of them share; paths are those of the fixture. */
async function check(name: string, ...options: string[]): Promise<{ code: number; text: string }> {
  const dir = join(folder, name);
  await cp(common, dir, { recursive: true });
  await cp(join(fixtures, name), dir, { recursive: true });
  const out: string[] = [];
  const terminal = {
    out: (line: string) => void out.push(line),
    note: () => {},
    progress: () => {},
    ask: async () => '',
  };
  const nobody = {
    url: '',
    operatorUrl: '',
    witnessUrls: [],
    modelUrl: '',
    apiKey: undefined,
    operatorKey: undefined,
    isLocal: false,
  };
  const config = { ...nobody, configDir: dir, durability: 'fsync', partitions: 1, environment: {} };
  const args = ['routes', 'check', '--servers', join(dir, 'tools.json'), ...options];
  const code = await runCli(args, { config, terminal, signal: new AbortController().signal });
  return { code, text: `${out.join('\n').replaceAll(`${dir}/`, '')}\n` };
}

describe('routes check on a broken configuration', () => {
  it.each(names)('says in which line what is wrong and what would mend it: %s', async (name) => {
    const { code, text } = await check(name);
    expect(text).toBe(await readFile(join(fixtures, name, 'expected.txt'), 'utf8'));
    expect(code).toBe(EXIT.no);
  });

  it('is tried on at least twenty of them', () => {
    expect(names.length).toBeGreaterThanOrEqual(20);
  });

  it('prints the same with --json, for scripts', async () => {
    const { text } = await check('unknown-tool', '--json');
    expect(JSON.parse(text)).toMatchObject({
      problems: [
        { file: 'routes.yaml', line: 6, pointer: '/routes/0/call/tool', detail: 'aws has no tool risk.scoer' },
      ],
    });
  });
});
