import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from '@jest/globals';
import { runSabotages, type SabotageResult } from './run-sabotages.ts';
import { SABOTAGES } from './sabotages.ts';
import { sentTwice } from './triggers/sent-twice.ts';

const root = join(import.meta.dirname, '../..');
const LIMIT_MS = 300_000;
/** `npm run test:full` runs them all; elsewhere this one stands for the machinery. */
const isFull = process.env.MILLRACE_TEST_FULL !== undefined;
const chosen = isFull ? SABOTAGES.map(({ name }) => name) : ['appends whatever is posted'];

async function selfTest(...args: readonly string[]) {
  const all = ['packages/cli/dist/main.js', 'verify', '--self-test', '--json', ...args];
  const child = spawn(process.execPath, all, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  const [[code], out, notes] = await Promise.all([once(child, 'exit'), text(child.stdout), text(child.stderr)]);
  return { code: Number(code), notes, body: out === '' ? undefined : JSON.parse(out) };
}

describe('verify --self-test', () => {
  it(
    'catches builds with one rule broken by the name of the rule, under a fault that the correct build survives',
    async () => {
      const { code, body } = await selfTest(...chosen.flatMap((name) => ['--sabotage', name]));
      const builds = body.builds as readonly SabotageResult[];
      expect(builds.filter(({ outcome }) => outcome !== 'caught')).toEqual([]);
      expect(builds.map(({ name }) => name).sort()).toEqual([...chosen].sort());
      expect({ code, ok: body.ok }).toEqual({ code: 0, ok: true });
    },
    LIMIT_MS * chosen.length,
  );

  it('exits 3 for a build that there is not', async () => {
    const { code, notes } = await selfTest('--sabotage', 'does nothing');
    expect({ code, notes }).toEqual({ code: 3, notes: expect.stringContaining('no sabotage is called does nothing') });
  });
});

describe('a build that does nothing wrong', () => {
  const harmless = { name: 'n', breaks: 'b', trigger: sentTwice, caughtAs: ['accepted-once'] };

  it(
    'is missed, and one whose place is never loaded proves nothing',
    async () => {
      const file = 'services/consumer/dist/sweep.js';
      const place = { file, find: 'const SUSPECT_STARTS = 2;', replace: 'const SUSPECT_STARTS = 3;' };
      const nowhere = { ...place, file: 'services/consumer/dist/not-there.js' };
      const builds = [
        { ...harmless, rewrites: [place] },
        { ...harmless, name: 'nowhere', rewrites: [nowhere] },
      ];
      const results = await runSabotages(builds, 1, AbortSignal.timeout(LIMIT_MS), () => {});
      const outcomes = Object.fromEntries(results.map(({ name, outcome, why }) => [name, [outcome, why]]));
      expect(outcomes).toMatchObject({
        n: ['missed', 'verdict true'],
        nowhere: ['unproved', `never loaded: ${nowhere.file}`],
      });
    },
    LIMIT_MS,
  );
});
