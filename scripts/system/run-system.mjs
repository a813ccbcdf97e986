/**
 * Starts processes stage by stage, calls `onReady` when all are, and keeps them running until a stop is requested;
 * resolves when nothing runs any more. The exit code is 0 after a requested stop, 1 when the system could not start.
 * @param {object} options
 * @param {import('./supervisor.mjs').Supervisor} options.supervisor
 * @param {readonly (readonly import('./process-spec.mjs').ProcessSpec[])[]} options.stages each starts when the one before is ready
 * @param {import('../stop-requests.mjs').StopRequests} options.requests
 * @param {() => void} options.onReady
 * @param {(line: string) => void} options.say
 * @returns {Promise<number>}
 */
export async function runSystem({ supervisor, stages, requests, onReady, say }) {
  const { stop, kill } = requests;
  kill.addEventListener('abort', () => supervisor.kill(), { once: true });
  /** @type {Promise<void>} */
  const stopRequested = new Promise((resolve) => {
    if (stop.aborted) resolve();
    stop.addEventListener('abort', () => resolve(), { once: true });
  });
  try {
    await Promise.race([startStages(supervisor, stages, stop), stopRequested]);
    if (!stop.aborted) onReady();
    await stopRequested;
    say('stopping …');
    return 0;
  } catch (error) {
    say(`\nThe system could not start: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  } finally {
    await supervisor.stop();
    say('stopped');
  }
}

/**
 * @param {import('./supervisor.mjs').Supervisor} supervisor
 * @param {readonly (readonly import('./process-spec.mjs').ProcessSpec[])[]} stages
 * @param {AbortSignal} stop
 */
async function startStages(supervisor, stages, stop) {
  for (const stage of stages) {
    if (stop.aborted) return;
    await supervisor.start(stage);
  }
}
