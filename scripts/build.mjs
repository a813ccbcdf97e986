import { root, stateDir } from './paths.mjs';
import { buildProjects, installDependencies } from './prepare/workspace.mjs';
import { runScript } from './run-script.mjs';

/** `npm run build`: installs what is missing and compiles what changed. */
await runScript(import.meta.url, async ({ stop }) => {
  const place = { root, stateDir, signal: stop };
  await installDependencies(place);
  await buildProjects(place);
  return 0;
});
