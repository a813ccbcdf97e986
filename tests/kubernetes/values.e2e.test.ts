import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Helm, hasHelm, openHelm } from './helm.js';
import { containerOf, envOf, find, type Manifest, ofKind, podsOf, specOf } from './manifest.js';

const describeIf = hasHelm ? describe : describe.skip;

let helm: Helm;

beforeAll(async () => {
  if (hasHelm) helm = await openHelm();
});

afterAll(() => helm?.close());

describeIf('the values schema', () => {
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
  ])('refuses %s', async (_what, change, where) => {
    expect(await helm.refusal('cluster', change)).toContain(where);
  });

  it('lets the set pass of which all of these are changes', async () => {
    expect(await helm.refusal('cluster', {})).toBeUndefined();
  });
});

describeIf('the number of consumers', () => {
  const triggerOf = (manifests: readonly Manifest[]) => {
    const { triggers } = specOf<{ triggers: { metadata: Record<string, string> }[] }>(
      find(manifests, 'ScaledObject', 'demo-consumer'),
    );
    return triggers[0]?.metadata ?? {};
  };

  it('is left to KEDA where that scales them, from none', async () => {
    const manifests = await helm.render('cluster');
    expect(specOf<object>(find(manifests, 'Deployment', 'demo-consumer'))).not.toHaveProperty('replicas');
    expect(specOf<object>(find(manifests, 'ScaledObject', 'demo-consumer'))).toMatchObject({
      scaleTargetRef: { kind: 'Deployment', name: 'demo-consumer' },
      minReplicaCount: 0,
      maxReplicaCount: 20,
    });
  });

  it('follows what is ready to be worked on, counted once, in this namespace alone', async () => {
    const { query, activationThreshold } = triggerOf(await helm.render('cluster'));
    expect(query).toBe('sum(max by (partition) (millrace_ready_work{namespace="shop",job="operator"}))');
    expect(activationThreshold).toBe('0');
  });

  it('does not fall because nobody can say how much there is to do', async () => {
    const manifests = await helm.render('cluster');
    expect(triggerOf(manifests).ignoreNullValues).toBe('false');
    expect(specOf<object>(find(manifests, 'ScaledObject', 'demo-consumer'))).toMatchObject({
      fallback: { replicas: 2, behavior: 'currentReplicasIfHigher' },
    });
  });

  it('falls by one at a time, not faster than a consumer drains', async () => {
    const manifests = await helm.render('cluster', { consumer: { drainSeconds: 120 } });
    const { advanced } = specOf<{ advanced: { horizontalPodAutoscalerConfig: { behavior: { scaleDown: object } } } }>(
      find(manifests, 'ScaledObject', 'demo-consumer'),
    );
    const { scaleDown } = advanced.horizontalPodAutoscalerConfig.behavior;
    expect(scaleDown).toMatchObject({ policies: [{ type: 'Pods', value: 1, periodSeconds: 120 }] });
  });

  it('is fixed where nothing scales them', async () => {
    const manifests = await helm.render('locked-down');
    expect(ofKind(manifests, 'ScaledObject')).toEqual([]);
    expect(specOf<object>(find(manifests, 'Deployment', 'demo-consumer'))).toMatchObject({ replicas: 2 });
  });
});

describeIf('traces', () => {
  it('leave producers and consumers for the collector, and nobody for anywhere else', async () => {
    const manifests = await helm.render('cluster', { tracing: { headers: { secret: 'collector', key: 'headers' } } });
    const sending = podsOf(manifests).filter(({ spec }) => 'OTEL_EXPORTER_OTLP_ENDPOINT' in envOf(spec));
    expect(sending.map(({ name }) => name).sort()).toEqual(['demo-consumer', 'demo-producer']);
    for (const { name, spec } of sending) {
      expect(envOf(spec).OTEL_EXPORTER_OTLP_HEADERS_FILE).toBe('/run/secrets/millrace/OTEL_EXPORTER_OTLP_HEADERS');
      const { egress } = specOf<{ egress: object[] }>(find(manifests, 'NetworkPolicy', name));
      expect(egress).toContainEqual({
        to: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } }],
        ports: [{ protocol: 'TCP', port: 4318 }],
      });
    }
    expect(JSON.stringify(ofKind(await helm.render('locked-down'), 'NetworkPolicy'))).not.toContain('4318');
  });
});

describeIf('settings', () => {
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
