// Runs in a container on the network of the stack: posts events until SIGTERM, each again after a second if it was
// refused, then looks what became of them. The last line that it prints is a Report (swarm-driver.mjs).
import { incident, inParallel, readJson, readWitness } from './events.mjs';

const PRODUCER = 'http://producer:8080';
const RETRY_MS = 1_000;
/** Posters, and how long each rests between two events: about 80 events a second. */
const POSTERS = 8;
const REST_MS = 100;
const DONE_WITHIN_MS = 60_000;

const api = { authorization: `Bearer ${process.env.API_KEY}` };
const operator = { authorization: `Bearer ${process.env.OPERATOR_KEY}` };

// Of a container that has ended, only what it wrote to stdout is looked at.
process.on('uncaughtException', (error) => {
  console.log(error);
  process.exit(1);
});

let isStopping = false;
process.on('SIGTERM', () => {
  isStopping = true;
});

/** @param {number} ms */
const rest = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** @type {Map<string, string>} by event id, its ref */
const accepted = new Map();
/** @type {string[]} */
const refused = [];
/** @type {string[]} */
const unhealed = [];

/** @param {string} id */
async function post(id) {
  const body = JSON.stringify({ source: '/load', ...incident(id) });
  const headers = { 'content-type': 'application/json', ...api };
  const { ref } = await readJson(`${PRODUCER}/v1/events`, { method: 'POST', headers, body });
  accepted.set(id, ref);
}

/** @param {unknown} error */
function reasonOf(error) {
  const { message, cause } = /** @type {Error & { cause?: { code?: string } }} */ (error);
  return cause?.code ?? message.replace(/^.*: (\d+) .*$/s, '$1');
}

/** @param {number} poster */
async function postUntilStopped(poster) {
  for (let count = 0; !isStopping; count += 1) {
    const id = `${poster}-${count}`;
    try {
      await post(id);
    } catch (error) {
      refused.push(reasonOf(error));
      await rest(RETRY_MS);
      await post(id).catch((again) => unhealed.push(`${id}: ${reasonOf(again)}`));
    }
    await rest(REST_MS);
  }
}

await Promise.all(Array.from({ length: POSTERS }, (_, poster) => postUntilStopped(poster)));

const giveUpAt = performance.now() + DONE_WITHIN_MS;
/** @type {string[]} */
const undone = [];
await inParallel([...accepted], 16, async ([id, ref]) => {
  for (;;) {
    const { state } = await readJson(`${PRODUCER}/v1/events/${ref}`, { headers: api });
    if (state === 'done') return;
    if (state === 'dead' || performance.now() > giveUpAt) return void undone.push(`${id}: ${state}`);
    await rest(100);
  }
});

const [searched, opened] = [await readWitness('http://mcp-gcp:4002'), await readWitness('http://mcp-azure:4003')];
/** @type {Record<number, number>} */
const effects = {};
for (const id of accepted.keys()) {
  const count = opened.get(id)?.effects ?? 0;
  effects[count] = (effects[count] ?? 0) + 1;
}
const unseen = [...accepted.keys()].filter((id) => !searched.has(id));
const { items } = await readJson('http://operator:8090/v1/dead-letters', { headers: operator });
const report = { posted: accepted.size, refused, unhealed, undone, effects, unseen, deadLetters: items.length };
console.log(JSON.stringify(report));
