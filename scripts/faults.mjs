import { join } from 'node:path';
import { root, stateDir } from './paths.mjs';
import { findRedis } from './prepare/redis.mjs';
import { buildProjects, installDependencies } from './prepare/workspace.mjs';
import { runOnTerminal } from './run-command.mjs';
import { runScript } from './run-script.mjs';

/** `npm run faults -- …`: prepares the machine and runs the fault scenarios; `--help` says what can be asked of them. */
await runScript(import.meta.url, async ({ stop }) => {
  const place = { root, stateDir, signal: stop };
  await installDependencies(place);
  await buildProjects(place);
  // Scenarios kill and freeze their Redis, which a container's client cannot pass on.
  const redis = await findRedis({ stateDir, env: process.env, modes: ['path', 'cached', 'debian'], signal: stop });
  const env = { ...process.env, ...(redis.kind === 'program' ? { MILLRACE_REDIS_SERVER: redis.path } : {}) };
  const main = join(root, 'tests', 'faults', 'main.ts');
  return runOnTerminal(process.execPath, [main, ...process.argv.slice(2)], { env, signal: stop });
});
