import { join } from 'node:path';
import { root, stateDir } from './paths.mjs';
import { findProjects, installDependencies } from './prepare/workspace.mjs';
import { runCommand } from './run-command.mjs';
import { runScript } from './run-script.mjs';
import { say } from './say.mjs';

/** Types come before the promise rules, which read the declarations that the build writes. */
const STEPS = /** @type {const} */ ([
  ['format and lint', 'biome', ['check', '.']],
  ['types', 'tsc', ['-b', ...findProjects(root)]],
  ['types of tests', 'tsc', ['-p', 'tsconfig.test.json']],
  ['types of scripts', 'tsc', ['-p', 'scripts']],
  ['promises and imports', 'oxlint', ['--type-aware', '-c', 'oxlint.json', '.']],
]);

/** `npm run check`: runs every check, one line each, and fails when any of them does. */
await runScript(import.meta.url, async ({ stop }) => {
  await installDependencies({ root, stateDir, signal: stop });
  let failed = 0;
  for (const [name, program, args] of STEPS) {
    const startedAt = performance.now();
    const command = join(root, 'node_modules', '.bin', program);
    const { ok, output } = await runCommand(command, args, { cwd: root, signal: stop });
    const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
    say(`${ok ? '✓' : '✗'} ${name} (${seconds} s)`);
    if (ok) continue;
    failed += 1;
    say(output.replace(/^/gm, '    '));
  }
  return failed === 0 ? 0 : 1;
});
