import { join } from 'node:path';
import { root, stateDir } from './paths.mjs';
import { findRedis } from './prepare/redis.mjs';
import { buildProjects, installDependencies } from './prepare/workspace.mjs';
import { runOnTerminal } from './run-command.mjs';
import { runScript } from './run-script.mjs';

/** `npm run simulate -- …`: simulates a deployment; the options are the simulation's own. */
await runScript(import.meta.url, async ({ stop }) => {
  const place = { root, stateDir, signal: stop };
  await installDependencies(place);
  await buildProjects(place);
  const args = process.argv.slice(2);
  const env = { ...process.env };
  // What is simulated needs no Redis; what it is held against does.
  if (args.includes('--against-measured') || args.includes('--fit')) {
    const redis = await findRedis({ stateDir, env, modes: ['path', 'cached', 'debian'], signal: stop });
    if (redis.kind === 'program') env.MILLRACE_REDIS_SERVER = redis.path;
  }
  return runOnTerminal(process.execPath, [join(root, 'bench', 'simulate', 'main.ts'), ...args], { env, signal: stop });
});
