import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { takeLock } from './lock.mjs';
import { root, stateDir } from './paths.mjs';
import { buildProjects, installDependencies } from './prepare/workspace.mjs';
import { runScript } from './run-script.mjs';
import { say } from './say.mjs';
import { formatGuide } from './system/guide.mjs';
import { rememberProcesses, stopLeftovers } from './system/leftovers.mjs';
import { provideRedis } from './system/redis.mjs';
import { runSystem } from './system/run-system.mjs';
import { describeServices } from './system/services.mjs';
import { readSettings, requireFreePorts } from './system/settings.mjs';
import { Supervisor } from './system/supervisor.mjs';
import { UserError } from './user-error.mjs';

const processesPath = join(stateDir, 'processes.json');

/** `npm start`: prepares the machine, runs the whole system until it is told to stop, leaves nothing running. */
await runScript(import.meta.url, async (requests) => {
  const envFile = join(root, '.env');
  if (existsSync(envFile)) process.loadEnvFile(envFile);
  const settings = readSettings(process.env);
  const lock = takeLock(join(stateDir, 'start.lock'));
  if (lock.kind === 'taken') {
    throw new UserError(`This checkout is already running, as process ${lock.pid}. Stop that one first, or use it.`);
  }
  try {
    await stopLeftovers(processesPath, say);
    await requireFreePorts(settings);
    return await prepareAndRun(settings, requests);
  } finally {
    lock.release();
  }
});

/**
 * @param {import('./system/settings.mjs').Settings} settings
 * @param {import('./stop-requests.mjs').StopRequests} requests
 */
async function prepareAndRun(settings, requests) {
  const startedAt = performance.now();
  const place = { root, stateDir, signal: requests.stop };
  await installDependencies(place, { withTests: false });
  await buildProjects(place);
  const redis = await provideRedis({ ...place, settings, env: process.env });
  say(`starting with ${redis.description} …`);
  const services = describeServices({ root, stateDir, settings, redisUrl: redis.url, env: process.env });
  const onChange = (/** @type {{ name: string, pid: number }[]} */ running) =>
    rememberProcesses(processesPath, running);
  const supervisor = new Supervisor({ logDir: join(stateDir, 'logs'), say, onChange });
  return runSystem({
    supervisor,
    stages: [redis.spec === undefined ? [] : [redis.spec], services],
    requests,
    say,
    onReady: () => {
      const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
      say(formatGuide({ settings, redis: redis.description, seconds }));
    },
  });
}
