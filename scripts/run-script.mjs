import { chdir } from 'node:process';
import { fileURLToPath } from 'node:url';
import { root, stateDir } from './paths.mjs';
import { prepareNode, runUnder } from './prepare/node.mjs';
import { say } from './say.mjs';
import { exitCodeOf, listenForStopRequests } from './stop-requests.mjs';
import { UserError } from './user-error.mjs';

/**
 * Runs a root command in the repository's root, under the pinned Node where the machine's own is too old, and exits
 * with the code that `main` returns. A `UserError` is printed and exits 1; a signal that comes before `main` knows what
 * to do with it exits as a shell expects.
 * @param {string} scriptUrl the command's `import.meta.url`
 * @param {(requests: import('./stop-requests.mjs').StopRequests) => Promise<number>} main
 */
export async function runScript(scriptUrl, main) {
  chdir(root);
  // A closed terminal or pipe must not keep the command from stopping what it started.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  const requests = listenForStopRequests();
  try {
    const node = await prepareNode(stateDir, requests.stop);
    if (node === process.execPath) process.exitCode = await main(requests);
    else process.exitCode = await runUnder(node, [fileURLToPath(scriptUrl), ...process.argv.slice(2)]);
  } catch (error) {
    if (requests.stop.aborted) process.exitCode = exitCodeOf(requests.stop.reason);
    else {
      say(error instanceof UserError ? `\n${error.message}` : String(error instanceof Error ? error.stack : error));
      process.exitCode = 1;
    }
  }
  process.exit();
}
