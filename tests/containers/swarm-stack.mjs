import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './checks.mjs';
import { docker } from './docker.mjs';

/** Apart from what a developer may have: own stack, own images. */
export const STACK = 'millrace-check';
export const IMAGES = 'millrace-check-swarm';

const SERVICES = ['producer', 'consumer', 'operator', 'mcp-server', 'model-script'];
const SECRETS = ['millrace-redis-url', 'millrace-api-key', 'millrace-operator-key'];
/** A release is the same image with another label; the broken one ends at once. */
const RELEASES = { two: 'LABEL release=two', broken: 'CMD ["node", "-e", "process.exit(1)"]' };

// Without IPVS, which not every kernel has, a service has no address of its own: its name is its tasks. Both replicas
// are on this one node, so each publishes at a port of its own.
Object.assign(process.env, { MILLRACE_IMAGES: IMAGES, MILLRACE_CLOUD_TAG: 'one', MILLRACE_ENDPOINT: 'dnsrr' });
Object.assign(process.env, { MILLRACE_PUBLISH: 'host', MILLRACE_PORT: '0' });

export async function joinSwarm() {
  await docker('swarm', 'init', '--advertise-addr', '127.0.0.1');
}

/** Builds every image as release `one`, and ours as the others too. */
export async function buildImages() {
  const empty = await mkdtemp(join(tmpdir(), 'millrace-release-'));
  for (const service of SERVICES) {
    const recipe = ['--file', 'infra/docker/service.Dockerfile', '--build-arg', `SERVICE=${service}`];
    await docker('build', '--quiet', ...recipe, '--tag', `${IMAGES}/${service}:one`, '.');
    for (const [release, line] of Object.entries(RELEASES)) {
      await writeFile(join(empty, 'Dockerfile'), `FROM ${IMAGES}/${service}:one\n${line}\n`);
      await docker('build', '--quiet', '--tag', `${IMAGES}/${service}:${release}`, empty);
    }
  }
  await rm(empty, { recursive: true });
}

/** @param {{ api: string, operator: string }} keys */
export async function createSecrets({ api, operator }) {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-secrets-'));
  const values = ['redis://redis:6379', api, operator];
  for (const [index, name] of SECRETS.entries()) {
    await writeFile(join(folder, name), values[index] ?? '');
    await docker('secret', 'create', name, join(folder, name));
  }
  await rm(folder, { recursive: true });
}

/**
 * Asks for the stack with this release of our services; does not wait for it.
 * @param {string} release
 */
export async function deploy(release) {
  process.env.MILLRACE_TAG = release;
  const files = ['stack', 'demo'].flatMap((name) => ['--compose-file', `infra/swarm/${name}.yml`]);
  await docker('stack', 'deploy', '--detach', '--resolve-image', 'never', ...files, STACK);
}

/** Resolves once every service has as many healthy tasks as it should. */
export async function untilRunning() {
  await eventually('not every task is running', async () => {
    const lines = (await docker('stack', 'services', STACK, '--format', '{{.Replicas}}')).split('\n');
    return lines.every((line) => /^(\d+)\/\1$/.test(line)) || undefined;
  });
}

/**
 * How the last update of a service stands, as the engine calls it.
 * @param {string} service
 */
export function updateOf(service) {
  return docker('service', 'inspect', '--format', '{{with .UpdateStatus}}{{.State}}{{end}}', `${STACK}_${service}`);
}

/**
 * The images that the tasks of a service run, each once.
 * @param {string} service
 */
export async function imagesOf(service) {
  const running = ['--filter', 'desired-state=running', '--format', '{{.Image}}'];
  return [...new Set((await docker('service', 'ps', ...running, `${STACK}_${service}`)).split('\n'))];
}

/** Takes the stack down and leaves the swarm; volumes, networks and images of the test go too. */
export async function leaveSwarm() {
  await docker('stack', 'rm', STACK);
  const ofStack = ['--filter', `label=com.docker.stack.namespace=${STACK}`];
  await eventually('containers of the stack are left', async () => {
    return (await docker('ps', '--all', '--quiet', ...ofStack)) === '' || undefined;
  });
  await docker('swarm', 'leave', '--force');
  const volumes = (await docker('volume', 'ls', '--quiet', ...ofStack)).split('\n').filter((name) => name !== '');
  if (volumes.length > 0) await docker('volume', 'rm', ...volumes);
  const images = (await docker('images', '--quiet', '--filter', `reference=${IMAGES}/*`)).split('\n');
  const names = [...new Set(images)].filter((id) => id !== '');
  if (names.length > 0) await docker('rmi', '--force', ...names);
  // Made by the engine when it joined, and kept by it when it leaves.
  await docker('network', 'rm', 'docker_gwbridge');
}
