import assert from 'node:assert/strict';
import { check } from './checks.mjs';
import { containersOf, docker } from './docker.mjs';

/** Prints what a process of the container may do: its user, its capabilities, how the root file system is mounted. */
const PROBE = `id -u; grep -E '^(CapEff|NoNewPrivs)' /proc/1/status; grep -oE '^[^ ]+ / [^ ]+ r[ow]' /proc/mounts | grep -o '..$'`;

/**
 * Checks, from inside and from outside, what every container of these services is held to.
 * @param {readonly string[]} services
 */
export async function checkContainers(services) {
  for (const service of services) {
    await check(`${service} runs without root, capabilities and a writable root, within limits`, async () => {
      const [container = ''] = await containersOf(service);
      const [uid, ...rest] = (await docker('exec', container, 'sh', '-c', PROBE)).split('\n');
      assert.notEqual(uid, '0');
      assert.deepEqual(rest, ['CapEff:\t0000000000000000', 'NoNewPrivs:\t1', 'ro']);
      const [{ HostConfig: host }] = JSON.parse(await docker('inspect', container));
      assert.ok(host.Memory > 0 && host.PidsLimit > 0, 'memory and processes have no limit');
      const addresses = Object.values(host.PortBindings ?? {}).flat();
      assert.ok(
        addresses.every(({ HostIp }) => HostIp === '127.0.0.1'),
        'published beyond loopback',
      );
    });
  }
}
