import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const execute = promisify(execFile);
const root = new URL('../..', import.meta.url).pathname;

/** Apart from what a developer may have running: own containers, own volumes, and any free port of this machine. */
const PROJECT = 'millrace-check';
const PORTS = ['PRODUCER', 'OPERATOR', 'MCP_AWS', 'MCP_GCP', 'MCP_AZURE', 'PROMETHEUS', 'ALERTMANAGER', 'GRAFANA'];
const ports = Object.fromEntries(PORTS.map((name) => [`${name}_PORT`, '0']));

/** A first build downloads every dependency. */
const LIMIT_MS = 10 * 60_000;
/** Of a failed command's output; a build says a lot before it says why it failed. */
const MAX_LINES = 60;

/**
 * Runs docker and returns what it wrote to stdout. Rejects with the end of its output when it fails or takes ten minutes.
 * @param {...string} args
 */
export async function docker(...args) {
  const env = { ...process.env, ...ports };
  const options = { cwd: root, env, timeout: LIMIT_MS, maxBuffer: 64 * 1024 * 1024 };
  const { stdout } = await execute('docker', args, options).catch((error) => {
    const output = `${error.stdout}${error.stderr}`.split('\n').slice(-MAX_LINES).join('\n');
    throw new Error(`docker ${args.join(' ')}: ${error.message.split('\n')[0]}\n${output}`, { cause: error });
  });
  return stdout.trim();
}

/**
 * The same for `docker compose`, within the project of this check.
 * @param {...string} args
 */
export function compose(...args) {
  return docker('compose', '--progress', 'plain', '--project-name', PROJECT, ...args);
}

/**
 * Ids of the containers of a service, or of all. Stopped ones are among them, those of `docker compose run` are not.
 * @param {...string} services
 */
export async function containersOf(...services) {
  const ids = await compose('ps', '--all', '--quiet', ...services);
  return ids === '' ? [] : ids.split('\n');
}

/**
 * Id of the first container of a service.
 * @param {string} service
 */
export async function only(service) {
  const [container] = await containersOf(service);
  assert.ok(container, `no container of ${service}`);
  return container;
}

/**
 * What `docker inspect` says about each of the containers, one line each.
 * @param {readonly string[]} containers
 * @param {string} format
 */
export async function inspect(containers, format) {
  return (await docker('inspect', '--format', format, ...containers)).split('\n');
}

/**
 * Base URL, on this machine, of a port that a container publishes.
 * @param {string} container
 * @param {number} port
 */
export async function urlOf(container, port) {
  return `http://${await docker('port', container, `${port}/tcp`)}`;
}

/** Everything that is left of the project, by name. */
export async function leftovers() {
  const filter = ['--filter', `label=com.docker.compose.project=${PROJECT}`];
  const lists = [
    docker('ps', '--all', ...filter, '--format', 'container {{.Names}}'),
    docker('volume', 'ls', ...filter, '--format', 'volume {{.Name}}'),
    docker('network', 'ls', ...filter, '--format', 'network {{.Name}}'),
  ];
  return (await Promise.all(lists)).flatMap((list) => (list === '' ? [] : list.split('\n')));
}
