// Runs infra/swarm on an engine of its own and replaces every service under load. Prints a line per check, `ok …` or
// `FAILED …`; exits 1 when any failed. Takes about three minutes, so CI does not: `node tests/containers/swarm.mjs`.
// The engine must not be in a swarm yet; this one is made for the test and left at its end.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { check, eventually, failures } from './checks.mjs';
import { docker } from './docker.mjs';
import { startLoad } from './swarm-driver.mjs';
import {
  buildImages,
  createSecrets,
  deploy,
  IMAGES,
  imagesOf,
  joinSwarm,
  leaveSwarm,
  STACK,
  untilRunning,
  updateOf,
} from './swarm-stack.mjs';

const OURS = ['producer', 'consumer', 'operator'];

const state = await docker('info', '--format', '{{.Swarm.LocalNodeState}}');
assert.equal(state, 'inactive', 'this engine is in a swarm already, which this test must not touch');
await joinSwarm();
try {
  await run();
} finally {
  if (failures() > 0)
    for (const name of OURS)
      console.log(await docker('service', 'logs', '--tail', '20', `${STACK}_${name}`).catch(String));
  await check('nothing is left of the swarm', leaveSwarm);
}
process.exitCode = failures() === 0 ? 0 : 1;

async function run() {
  await check('every image is built, in two releases and one that is broken', buildImages);
  if (failures() > 0) return;
  const keys = { api: randomBytes(32).toString('hex'), operator: randomBytes(32).toString('hex') };
  await createSecrets(keys);
  await check('every task becomes healthy', async () => {
    await deploy('one');
    await untilRunning();
  });
  if (failures() > 0) return;

  const load = await startLoad(keys);
  await check('every service is replaced under load, one task at a time', async () => {
    await deploy('two');
    await untilUpdated('completed');
    for (const name of OURS) assert.deepEqual(await imagesOf(name), [`${IMAGES}/${name}:two`]);
  });
  await check('a release that does not start is taken back by itself, under load too', async () => {
    await deploy('broken');
    await untilUpdated('rollback_completed');
    for (const name of OURS) assert.deepEqual(await imagesOf(name), [`${IMAGES}/${name}:two`]);
  });
  const report = await check('the load ends', () => load.finish());
  if (report === undefined) return;
  const { posted, refused, unhealed, undone, effects, unseen, deadLetters } = report;
  console.log(`   ${posted} events, ${refused.length} of them refused at first: ${JSON.stringify(countBy(refused))}`);
  await check('no event was refused that the same request a second later did not heal', async () => {
    assert.ok(posted > 500, `only ${posted} events were posted`);
    assert.deepEqual(unhealed, []);
  });
  await check('every event is done, and no delivery is dead', async () =>
    assert.deepEqual({ undone, deadLetters }, { undone: [], deadLetters: 0 }),
  );
  await check('every event was seen by both servers, and had one effect', async () => {
    assert.deepEqual(unseen, []);
    assert.deepEqual(effects, { 1: posted });
  });
}

/** @param {string} wanted */
async function untilUpdated(wanted) {
  await eventually(
    `not every update is ${wanted}`,
    async () => {
      const states = await Promise.all(OURS.map(updateOf));
      return states.every((one) => one === wanted) || undefined;
    },
    240_000,
  );
}

/** @param {readonly string[]} words */
function countBy(words) {
  /** @type {Record<string, number>} */
  const counts = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}
