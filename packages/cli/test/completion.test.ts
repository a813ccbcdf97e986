import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Command, Option } from 'commander';
import { complete } from '../src/completion/complete.js';
import { SHELL_SCRIPTS } from '../src/completion/shell-scripts.js';
import { loadConfig } from '../src/config.js';
import { createProgram } from '../src/program.js';

const terminal = { out: () => {}, note: () => {}, progress: () => {}, ask: async () => undefined };
const signal = new AbortController().signal;
const program = createProgram({ config: loadConfig({}), terminal, signal, exitWith: () => {} });
const wordsFor = (...words: string[]) => complete(program, words).map(({ word }) => word);

describe('complete', () => {
  it('offers every command that a person may use, and what it is about', () => {
    const all = complete(program, ['']);
    expect(all.map(({ word }) => word)).toEqual(
      expect.arrayContaining(['events', 'dead-letters', 'system', 'completion']),
    );
    expect(all.map(({ word }) => word)).not.toContain('complete');
    expect(all.find(({ word }) => word === 'doctor')?.about).toContain('how to mend it');
  });

  it('goes down into a group, past options and their values', () => {
    expect(wordsFor('events', 'se')).toEqual(['send']);
    expect(wordsFor('dead-letters', 'list', '--route', 'score', '--rea')).toEqual(['--reason']);
    expect(wordsFor('events', 'send', 'com.shop.order.created', '--wa')).toEqual(['--wait']);
  });

  it('offers the choices of an option and of an argument', () => {
    expect(wordsFor('completion', '')).toEqual(['bash', 'zsh', 'fish']);
    const choosy = new Command('choosy').addOption(new Option('--colour <name>').choices(['red', 'green']));
    expect(complete(choosy, ['--colour', 'g'])).toEqual([{ word: 'green', about: '' }]);
  });

  it('offers nothing where anything may be said: the shell then offers files', () => {
    expect(wordsFor('events', 'send', '--data', '')).toEqual([]);
    expect(wordsFor('events', 'show', '')).toEqual([]);
    expect(wordsFor('no', 'such', 'command', '')).toEqual(wordsFor(''));
  });
});

describe('completion bash', () => {
  let dir: string;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'millrace-completion-'));
    // Says what it was asked, one word a line.
    const millrace = join(dir, 'millrace');
    await writeFile(millrace, '#!/bin/sh\nfor word; do printf "<%s>\\tabout it\\n" "$word"; done\n');
    await chmod(millrace, 0o755);
  });

  afterAll(() => rm(dir, { recursive: true }));

  it('asks with the words up to the cursor, as they were typed, and offers what comes back', async () => {
    const typed = ['millrace', 'events', 'send', '$(touch evaluated)', '--wa', 'behind the cursor'];
    const words = typed.map((word) => `'${word}'`).join(' ');
    const script = `${SHELL_SCRIPTS.bash}\nCOMP_WORDS=(${words})\nCOMP_CWORD=4\n_millrace\nprintf '%s\\n' "\${COMPREPLY[@]}"`;
    const env = { ...process.env, PATH: `${dir}${delimiter}${process.env.PATH}` };
    const { stdout } = await promisify(execFile)('bash', ['-c', script], { env, cwd: dir, timeout: 10_000 });
    expect(stdout.trim().split('\n')).toEqual(
      ['complete', '--', 'events', 'send', '$(touch evaluated)', '--wa'].map((word) => `<${word}>`),
    );
  });
});
