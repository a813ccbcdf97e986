import assert from 'node:assert/strict';
import { inspect, only } from './docker.mjs';
import { incident, inParallel, postEvent, readJson, readWitness, sendJson } from './events.mjs';

/** Enough to keep three consumers busy for some seconds. */
export const EVENTS = 500;

/**
 * Posts the events and kills a consumer half-way; resolves with the producers' answers. One tool is slow meanwhile, so
 * that every consumer holds entries.
 * @param {readonly string[]} producers
 * @param {string} azure
 */
export async function postWhileKilling(producers, azure) {
  await sendJson('PUT', `${azure}/faults`, [{ kind: 'delay', tool: 'ticket.open', delayMs: 1_000 }]);
  const ids = Array.from({ length: EVENTS }, (_, index) => `incident-${index}`);
  const answers = await inParallel(ids, 32, async (id, index) => {
    if (index === EVENTS / 2) await killOne();
    return postEvent(producers[index % producers.length] ?? '', incident(id));
  });
  await readJson(`${azure}/faults`, { method: 'DELETE' });
  return answers;
}

/** SIGKILL from outside, as the kernel would: `docker kill` would count as a wish, and nothing would restart it. */
async function killOne() {
  const [pid] = await inspect([await only('consumer')], '{{.State.Pid}}');
  process.kill(Number(pid), 'SIGKILL');
}

/**
 * Rejects unless both clouds that an incident's routes call have seen each of the events.
 * @param {readonly { id: string }[]} accepted
 * @param {{ gcp: string, azure: string }} clouds
 */
export async function compareWithWitnesses(accepted, { gcp, azure }) {
  const [searched, opened] = [await readWitness(gcp), await readWitness(azure)];
  assert.equal(accepted.length, EVENTS);
  const unseen = accepted.filter(({ id }) => !searched.has(id) || !opened.get(id)?.effects);
  assert.deepEqual(
    unseen.map(({ id }) => id),
    [],
  );
}
