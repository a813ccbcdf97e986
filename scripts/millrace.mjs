import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root, stateDir } from './paths.mjs';
import { findRedis } from './prepare/redis.mjs';
import { buildProjects, installDependencies } from './prepare/workspace.mjs';
import { runOnTerminal } from './run-command.mjs';
import { runScript } from './run-script.mjs';

/** `npm run millrace -- …`: prepares the machine and runs the command line, with the settings that `npm start` has. */
await runScript(import.meta.url, async ({ stop }) => {
  const envFile = join(root, '.env');
  if (existsSync(envFile)) process.loadEnvFile(envFile);
  const place = { root, stateDir, signal: stop };
  const args = process.argv.slice(2);
  await installDependencies(place, { withTests: breaksBuilds(args) });
  await buildProjects(place);
  const main = join(root, 'packages', 'cli', 'dist', 'main.js');
  const env = { ...process.env };
  if (breaksBuilds(args)) {
    // The systems of `verify --self-test` have a Redis of their own, which a container's client cannot pass signals to.
    const redis = await findRedis({ stateDir, env, modes: ['path', 'cached', 'debian'], signal: stop });
    if (redis.kind === 'program') env.MILLRACE_REDIS_SERVER = redis.path;
  }
  return runOnTerminal(process.execPath, [main, ...args], { env, signal: stop });
});

/** @param {readonly string[]} args */
function breaksBuilds(args) {
  return args.includes('--self-test') && !args.includes('--no-sabotage');
}
