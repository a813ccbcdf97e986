import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { describeWithHelm, type Helm, hasHelm, openHelm, SETS } from './helm.js';
import { containerOf, envOf, podsOf } from './manifest.js';

let helm: Helm;

beforeAll(async () => {
  if (hasHelm) helm = await openHelm();
});

afterAll(() => helm?.close());

describeWithHelm('the values schema', () => {
  it.each<[string, object, string]>([
    ['no repository of images', { image: { repository: '' } }, '/image/repository'],
    ['no secret of Redis', { redis: { secret: '' } }, '/redis/secret'],
    ['no configuration at all', { config: { configMap: { name: '' } } }, '/config/files'],
    ['a config map and files beside it', { config: { files: { 'routes.yaml': 'routes: []' } } }, '/config'],
    ['a file that leaves the folder', { config: { files: { '../x.yaml': '' } } }, "invalid propertyName '../x.yaml'"],
    ['a producer that nobody needs a key for', { producer: { keysFile: null } }, '/producer'],
    ['a producer open to the world', { producer: { allowAnonymous: true } }, '/producer'],
    ['an operator that nobody needs a key for', { operator: { key: null } }, '/operator'],
    ['an ingress without a host', { producer: { ingress: { host: '' } } }, '/producer/ingress/host'],
    ['a value that does not exist', { consumer: { replica: 3 } }, 'replica'],
    ['a word where a number belongs', { producer: { replicas: 'three' } }, '/producer/replicas'],
    ['a secret among the settings', { settings: { MILLRACE_API_KEY: 'k' } }, '/settings'],
    [
      'keys of people among the settings',
      { operator: { settings: { MILLRACE_OPERATOR_KEYS: 'k' } } },
      '/operator/settings',
    ],
    ['headers of a collector among the settings', { settings: { OTEL_EXPORTER_OTLP_HEADERS: 'a=b' } }, '/settings'],
    ['the URL of Redis among the settings', { settings: { REDIS_URL: 'redis://x' } }, '/settings'],
    ['a setting that the chart sets', { consumer: { settings: { MILLRACE_DRAIN_MS: 1 } } }, '/consumer/settings'],
    ['a secret without its key', { consumer: { secrets: { TOKEN: { secret: 'x' } } } }, '/consumer/secrets/TOKEN'],
    ['a digest that is none', { image: { digests: { producer: 'latest' } } }, '/image/digests/producer'],
    ['a way out to nowhere, which is everywhere', { consumer: { allowTo: [{ to: [], ports: [{}] }] } }, '/consumer'],
    ['a peer that is nobody, which is everybody', { producer: { allowFrom: [{}] } }, '/producer/allowFrom'],
    ['no limit to memory', { producer: { resources: { limits: null } } }, '/producer/resources'],
    ['fewer consumers at most than at least', { consumer: { autoscaling: { min: 30 } } }, 'min is more than max'],
    [
      'more without an answer than at most',
      { consumer: { autoscaling: { fallback: 30 } } },
      'fallback is more than max',
    ],
    ['scaling on what nobody reads', { monitoring: { enabled: false } }, 'nothing reads the metric'],
    ['Sentinels of a Redis Cluster', { redis: { sentinels: ['sentinel.redis:26379'] } }, "at '/redis'"],
  ])('refuses %s', async (_what, change, where) => {
    expect(await helm.refusal('cluster', change)).toContain(where);
  });

  it('lets the set pass of which all of these are changes', async () => {
    expect(await helm.refusal('cluster', {})).toBeUndefined();
  });
});

describeWithHelm('the drain of consumers', () => {
  const routes = (timeout: string, delivery: string) => ({
    'routes.yaml': `routes: [{ id: pay, delivery: ${delivery}, timeout: ${timeout} }]`,
  });
  const refusal = (files: object, drainSeconds?: number) =>
    helm.refusal('locked-down', { config: { files }, consumer: drainSeconds === undefined ? {} : { drainSeconds } });

  it('is longer than calls take along a route that says nothing of it, unless values say otherwise', async () => {
    for (const set of SETS) expect(await helm.notes(set)).not.toContain('consumer.drainSeconds');
    expect(await helm.notes('locked-down', { consumer: { drainSeconds: 30 } })).toMatch(
      /may take\s+longer.*\n.*score-order/s,
    );
    const consumer = podsOf(await helm.render('locked-down')).find(({ name }) => name === 'demo-consumer');
    expect(consumer && envOf(consumer.spec).MILLRACE_DRAIN_MS).toBe('45000');
    expect(consumer?.spec.terminationGracePeriodSeconds).toBe(55);
  });

  it.each([
    ['45s', 45],
    ['1m', 60],
    ['45000ms', 45],
  ])('is refused where a call at most once may take all of it: %s of %i s', async (timeout, drainSeconds) => {
    expect(await refusal(routes(timeout, 'at-most-once'), drainSeconds)).toContain('at-most-once route pay');
    expect(await refusal(routes(timeout, 'at-most-once'), drainSeconds + 1)).toBeUndefined();
    expect(await refusal(routes(timeout, 'at-least-once'), drainSeconds)).toBeUndefined();
  });

  it('is not refused for a call that no drain is long enough for', async () => {
    expect(await refusal(routes('599s', 'at-most-once'))).toContain('at-most-once route pay');
    expect(await refusal(routes('10m', 'at-most-once'))).toBeUndefined();
    expect(await helm.notes('locked-down', { config: { files: routes('10m', 'at-most-once') } })).toContain('  pay');
  });

  it('leaves a file that is no list of routes to the services', async () => {
    for (const text of ['', 'routes', 'routes: 1', 'routes: [1, { id: x, timeout: 7 }]', '{'])
      expect(await refusal({ 'routes.yaml': text })).toBeUndefined();
  });
});

describeWithHelm('settings', () => {
  it('are for all services, or for one, and large numbers stay whole', async () => {
    const manifests = await helm.render('locked-down', {
      settings: { LOG_LEVEL: 'debug', MILLRACE_RETENTION_BYTES: 268_435_456 },
      consumer: { settings: { LOG_LEVEL: 'trace', SHOP_URL: 'https://shop.example/mcp' } },
    });
    const levels = podsOf(manifests).map(({ name, spec }) => [name, envOf(spec).LOG_LEVEL]);
    expect(Object.fromEntries(levels)).toEqual({
      'demo-consumer': 'trace',
      'demo-operator': 'debug',
      'demo-producer': 'debug',
    });
    const consumer = podsOf(manifests).find(({ name }) => name === 'demo-consumer');
    expect(consumer && envOf(consumer.spec)).toMatchObject({
      MILLRACE_RETENTION_BYTES: '268435456',
      SHOP_URL: 'https://shop.example/mcp',
    });
  });

  it('name an image by its digest where there is one, whatever the tag says', async () => {
    const manifests = await helm.render('locked-down', { image: { tag: 'v9' } });
    for (const { spec } of podsOf(manifests)) expect(containerOf(spec).image).toMatch(/@sha256:0{63}\d$/);
    const tagged = await helm.render('cluster', { image: { tag: 'v9' } });
    for (const { spec } of podsOf(tagged)) expect(containerOf(spec).image).toMatch(/^registry\.example\/.*:v9$/);
  });
});
