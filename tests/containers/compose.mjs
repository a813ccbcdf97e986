// Builds and runs docker-compose.yml and holds the running system to what is promised about it. Prints a line per check,
// `ok …` or `FAILED …`; exits 1 when any failed. Arguments: images that cannot be had here; the services that need them
// are left out.
import assert from 'node:assert/strict';
import { check, eventually, failures } from './checks.mjs';
import { checkContainers } from './containers.mjs';
import { checkDashboards } from './dashboards.mjs';
import { compose, containersOf, inspect, leftovers, only, urlOf } from './docker.mjs';
import { followOrder, incident, inParallel, postEvent, readJson, untilDone } from './events.mjs';
import { compareWithWitnesses, EVENTS, postWhileKilling } from './kill-under-load.mjs';

const missing = new Set(process.argv.slice(2));

const takeDown = () => compose('down', '--volumes', '--remove-orphans', '--timeout', '30');
await takeDown();
try {
  await run();
} finally {
  if (failures() > 0) console.log(await compose('logs', '--no-color', '--tail', '30'));
  await check('down leaves no container, volume or network behind', async () => {
    await takeDown();
    assert.deepEqual(await leftovers(), []);
  });
}
process.exitCode = failures() === 0 ? 0 : 1;

async function run() {
  const { services } = JSON.parse(await compose('config', '--format', 'json'));
  const names = Object.keys(services).filter((name) => !missing.has(services[name].image));
  console.log(`services: ${names.join(', ')}`);
  await check('every image is built', () => compose('build'));
  if (failures() > 0) return;
  await check('every service becomes healthy', () => compose('up', '--detach', '--wait', ...names));
  if (failures() > 0) return;
  await checkContainers(names);

  const producer = await urlOf(await only('producer'), 8080);
  const operator = await urlOf(await only('operator'), 8090);
  const prometheus = await urlOf(await only('prometheus'), 9090);
  const clouds = { gcp: await urlOf(await only('mcp-gcp'), 4002), azure: await urlOf(await only('mcp-azure'), 4003) };

  await check("the operator's image has the console", async () => {
    const page = await (await fetch(operator)).text();
    const script = /src="\.\/(assets\/[^"]+\.js)"/.exec(page)?.[1];
    assert.equal((await fetch(`${operator}/${script}`)).headers.get('content-type'), 'text/javascript; charset=utf-8');
  });
  await check('an order goes through all three clouds', () => followOrder(producer));
  await check('--scale consumer=3 gives three consumers in the group', async () => {
    await compose('up', '--detach', '--wait', '--no-recreate', '--scale', 'consumer=3', 'consumer');
    await untilConsumers(operator, 3);
  });
  await check('Prometheus finds all three consumers', () => untilTargets(prometheus, 'consumer', 3));
  const second = await check('a second producer takes events', async () => {
    const publish = ['--publish', '127.0.0.1:0:8080', '--use-aliases', '--no-deps'];
    const url = await urlOf(await compose('run', '--detach', ...publish, 'producer'), 8080);
    await eventually(`${url} is not ready`, () => readJson(`${url}/readyz`).catch(() => undefined));
    await untilDone(url, (await postEvent(url, incident('second'))).ref);
    return url;
  });
  await check('the second producer knows what the first has accepted', async () => {
    const first = await postEvent(producer, incident('twice'));
    const repeated = await postEvent(second ?? '', incident('twice'));
    assert.deepEqual([first.duplicate, repeated.duplicate, repeated.ref], [false, true, first.ref]);
  });
  await check('Prometheus finds both producers', () => untilTargets(prometheus, 'producer', 2));

  const accepted = await check(`${EVENTS} events are accepted while a consumer is killed`, () =>
    postWhileKilling([producer, second ?? producer], clouds.azure),
  );
  await check('every one of them is done', () => inParallel(accepted ?? [], 32, ({ ref }) => untilDone(producer, ref)));
  await check('the witnesses saw every one of them at least once', () => compareWithWitnesses(accepted ?? [], clouds));
  await check('the killed consumer is back by itself', async () => {
    await compose('up', '--detach', '--wait', '--no-recreate', '--scale', 'consumer=3', 'consumer');
    const restarts = await inspect(await containersOf('consumer'), '{{.RestartCount}}');
    assert.deepEqual(restarts.sort(), ['0', '0', '1']);
  });
  await check('nothing is pending and no delivery is dead', async () => {
    await eventually('something is still pending', async () => {
      const { items } = await readJson(`${operator}/v1/consumers`);
      return items.every((/** @type {{ pending: number }} */ { pending }) => pending === 0) || undefined;
    });
    assert.deepEqual((await readJson(`${operator}/v1/dead-letters`)).items, []);
  });
  await checkDashboards(prometheus);
  await check('every service stops by itself when told to', async () => {
    const ours = names.filter((name) => services[name].build !== undefined);
    await compose('stop', ...ours);
    const codes = await inspect(await containersOf(...ours), '{{.Name}} {{.State.ExitCode}}');
    assert.deepEqual(
      codes.filter((code) => !code.endsWith(' 0')),
      [],
    );
  });
}

/**
 * @param {string} operator
 * @param {number} count
 */
function untilConsumers(operator, count) {
  return eventually(`there are not ${count} consumers in the group`, async () => {
    const { items } = await readJson(`${operator}/v1/consumers`);
    return items.length === count ? items : undefined;
  });
}

/**
 * @param {string} prometheus
 * @param {string} job
 * @param {number} count
 */
function untilTargets(prometheus, job, count) {
  return eventually(`${count} targets of ${job} are not up`, async () => {
    const { data } = await readJson(`${prometheus}/api/v1/query?query=sum(up{job="${job}"})`);
    return data.result[0]?.value[1] === String(count) || undefined;
  });
}
