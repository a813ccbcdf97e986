import { docker } from './docker.mjs';
import { IMAGES, STACK } from './swarm-stack.mjs';

/**
 * What the load has seen, by event id where it names events.
 * @typedef {object} Report
 * @property {number} posted events that were accepted in the end
 * @property {readonly string[]} refused why an event was not accepted at first, one for each
 * @property {readonly string[]} unhealed why an event was not accepted a second later either
 * @property {readonly string[]} undone events that are not done
 * @property {Record<string, number>} effects how many events had so many effects
 * @property {readonly string[]} unseen events that one of the servers has not seen
 * @property {number} deadLetters
 */

/**
 * Starts posting events from a container on the network of the stack, where names lead to tasks. `finish` ends it and
 * resolves with what it has seen.
 * @param {{ api: string, operator: string }} keys
 */
export async function startLoad({ api, operator }) {
  const name = `${STACK}-load`;
  const mounts = ['--volume', `${import.meta.dirname}:/load:ro`];
  const keys = ['--env', `API_KEY=${api}`, '--env', `OPERATOR_KEY=${operator}`];
  const place = ['--network', `${STACK}_millrace`, '--init'];
  const program = ['node', '/load/swarm-load.mjs'];
  await docker('run', '--detach', '--name', name, ...place, ...mounts, ...keys, `${IMAGES}/producer:one`, ...program);
  return {
    /** @returns {Promise<Report>} */
    async finish() {
      try {
        await docker('kill', '--signal', 'SIGTERM', name);
        const code = await docker('wait', name);
        const output = await docker('logs', name);
        if (code !== '0') throw new Error(`the load ended with ${code}:\n${output}`);
        return JSON.parse(output.split('\n').at(-1) ?? '');
      } finally {
        await docker('rm', '--force', name);
      }
    },
  };
}
