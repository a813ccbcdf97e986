import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root, stateDir } from './paths.mjs';
import { buildProjects, installDependencies } from './prepare/workspace.mjs';
import { runOnTerminal } from './run-command.mjs';
import { runScript } from './run-script.mjs';

/** `npm run millrace -- …`: prepares the machine and runs the command line, with the settings that `npm start` has. */
await runScript(import.meta.url, async ({ stop }) => {
  const envFile = join(root, '.env');
  if (existsSync(envFile)) process.loadEnvFile(envFile);
  const place = { root, stateDir, signal: stop };
  await installDependencies(place);
  await buildProjects(place);
  const main = join(root, 'packages', 'cli', 'dist', 'main.js');
  return runOnTerminal(process.execPath, [main, ...process.argv.slice(2)], { env: process.env, signal: stop });
});
