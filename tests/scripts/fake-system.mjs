// Runs two fake processes as `npm start` runs the services. Its argument is the folder for logs and the process list.
import { join } from 'node:path';
import { listenForStopRequests } from '../../scripts/stop-requests.mjs';
import { rememberProcesses } from '../../scripts/system/leftovers.mjs';
import { runSystem } from '../../scripts/system/run-system.mjs';
import { Supervisor } from '../../scripts/system/supervisor.mjs';
import { describeFake } from './fake-specs.mjs';

const [dir = '.', mode] = process.argv.slice(2);
const say = (/** @type {string} */ line) => console.log(line);
const supervisor = new Supervisor({
  logDir: dir,
  say,
  onChange: (running) => rememberProcesses(join(dir, 'processes.json'), running),
});
process.exitCode = await runSystem({
  supervisor,
  stages: [
    [describeFake('first', { stopOrder: 2 })],
    [describeFake('second', { stopOrder: 1, mode: mode === 'failing' ? 'failing' : 'ready' })],
  ],
  requests: listenForStopRequests(),
  onReady: () => say('ready'),
  say,
});
process.exit();
