import { join } from 'node:path';
import { root, stateDir } from './paths.mjs';
import { findRedis } from './prepare/redis.mjs';
import { buildProjects, installDependencies } from './prepare/workspace.mjs';
import { runOnTerminal } from './run-command.mjs';
import { runScript } from './run-script.mjs';

/** `npm run bench -- …`: prepares the machine and runs the benchmark suite; the options are the suite's own. */
await runScript(import.meta.url, async ({ stop }) => {
  const place = { root, stateDir, signal: stop };
  await installDependencies(place);
  await buildProjects(place);
  // Contenders get a Redis each, and are frozen in turns: nothing that a container's client could pass on.
  const redis = await findRedis({ stateDir, env: process.env, modes: ['path', 'cached', 'debian'], signal: stop });
  const env = { ...process.env };
  if (redis.kind === 'program') env.MILLRACE_REDIS_SERVER = redis.path;
  const main = join(root, 'bench', 'main.ts');
  return runOnTerminal(process.execPath, [main, ...process.argv.slice(2)], { env, signal: stop });
});
