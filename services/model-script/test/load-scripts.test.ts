import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { loadConfig } from '../src/config.js';
import { loadScripts } from '../src/load-scripts.js';

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'millrace-scripts-'));
});

afterEach(() => rm(dir, { recursive: true }));

describe('loadScripts', () => {
  it('reads a file in YAML', async () => {
    const path = join(dir, 'scripts.yaml');
    await writeFile(path, '- name: greet\n  answers:\n    - text: hello\n');
    expect(await loadScripts(path)).toMatchObject([{ name: 'greet', answers: [{ text: 'hello', calls: [] }] }]);
  });

  it('names file and line of every problem', async () => {
    const path = join(dir, 'scripts.yaml');
    await writeFile(path, '- name: greet\n  answers:\n    - txt: hello\n- name: 7\n  answers: []\n');
    await expect(loadScripts(path)).rejects.toThrow(/scripts\.yaml:3 [\s\S]*scripts\.yaml:4 /);
  });

  it('says which file cannot be read', async () => {
    await expect(loadScripts(join(dir, 'none.yaml'))).rejects.toThrow(/none\.yaml.*cannot be read \(ENOENT\)/);
  });
});

describe('loadConfig', () => {
  it('listens on loopback, port 4010, without a script, when nothing is set', () => {
    expect(loadConfig({})).toEqual({ host: '127.0.0.1', port: 4010, scriptsPath: undefined, logLevel: 'info' });
  });
});
