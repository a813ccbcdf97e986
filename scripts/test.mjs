import { join } from 'node:path';
import { root, stateDir } from './paths.mjs';
import { findRedis } from './prepare/redis.mjs';
import { buildProjects, installDependencies } from './prepare/workspace.mjs';
import { runCommand, runOnTerminal } from './run-command.mjs';
import { runScript } from './run-script.mjs';
import { say } from './say.mjs';

/** What `--full` adds, and the command that tells whether it can run here. */
const EXTRAS = /** @type {const} */ ([
  ['containers', 'docker', ['version']],
  ['browser', 'chromium', ['--version']],
  ['alert rules', 'promtool', ['--version']],
]);

/**
 * `npm test`: prepares the machine and runs every test that needs Node and Redis alone. Arguments go to jest, so
 * `npm test -- packages/events` runs those of one package. With `--full`, tests that need more read
 * `MILLRACE_TEST_FULL`, a list of what is there, and `load` for those that take minutes; the fault scenarios follow, all of
 * them.
 */
await runScript(import.meta.url, async ({ stop }) => {
  const isFull = process.argv.includes('--full');
  const args = process.argv.slice(2).filter((arg) => arg !== '--full');
  const place = { root, stateDir, signal: stop };
  await installDependencies(place);
  await buildProjects(place);
  // Tests kill and freeze their Redis, which a container's client cannot pass on.
  const redis = await findRedis({ stateDir, env: process.env, modes: ['path', 'cached', 'debian'], signal: stop });
  const env = { ...process.env };
  if (redis.kind === 'program') env.MILLRACE_REDIS_SERVER = redis.path;
  if (isFull) env.MILLRACE_TEST_FULL = [...(await findExtras(stop)), 'load'].join(',');
  const jest = join(root, 'node_modules', 'jest', 'bin', 'jest.js');
  const node = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
  const code = await runOnTerminal(process.execPath, [...node, jest, ...args], { env, signal: stop });
  if (!isFull) return code;
  // At their short lengths: what is asked is whether they hold there at all.
  const { MILLRACE_TEST_FULL: _, ...short } = env;
  const onCluster = { env: { ...short, MILLRACE_TEST_REDIS: 'cluster' }, signal: stop };
  const clusterCode = await runOnTerminal(process.execPath, [...node, jest, 'tests/e2e'], onCluster);
  const faults = join(root, 'tests', 'faults', 'main.ts');
  return (await runOnTerminal(process.execPath, [faults], { env, signal: stop })) || code || clusterCode;
});

/** @param {AbortSignal} signal */
async function findExtras(signal) {
  /** @type {string[]} */
  const found = [];
  for (const [what, command, args] of EXTRAS) {
    const { ok } = await runCommand(command, args, { signal, limitMs: 10_000 });
    if (ok) found.push(command);
    else say(`skipping what needs ${what}: \`${command} ${args.join(' ')}\` does not succeed here`);
  }
  return found;
}
