import { expect, it } from '@jest/globals';
import type { IPodSpec } from 'kubernetes-models/v1';
import { describeWithHelm, type ValuesSet } from './helm.js';
import { type DeploymentSpec, envOf, type Manifest, ofKind, podsOf, specOf } from './manifest.js';
import { helm, rendered, renderSets } from './rendered.js';
import { findFaults } from './schemas.js';

renderSets();

function podOf(manifests: readonly Manifest[], name: string): IPodSpec {
  const found = podsOf(manifests).find((pod) => pod.name === name);
  if (found === undefined) throw new Error(`there is no pod ${name}`);
  return found.spec;
}

function eachPod(manifests: readonly Manifest[], expected: object): void {
  expect(podsOf(manifests).length).toBeGreaterThanOrEqual(3);
  for (const { spec } of podsOf(manifests)) expect(spec).toMatchObject(expected);
}

const tolerations = [{ key: 'events', operator: 'Exists', effect: 'NoSchedule' }];
const items = [
  { key: 'routes', path: 'routes.yaml' },
  { key: 'shop', path: 'handlers/shop.ts' },
];

describeWithHelm('a value that none of the sets has', () => {
  it.each<[string, ValuesSet, object, (manifests: readonly Manifest[]) => void]>([
    [
      'networkPolicy.enabled: false leaves everything open',
      'cluster',
      { networkPolicy: { enabled: false } },
      (manifests) => expect(ofKind(manifests, 'NetworkPolicy')).toEqual([]),
    ],
    [
      'config.configMap.items says which keys are which files',
      'cluster',
      { config: { configMap: { items } } },
      (manifests) => {
        for (const name of ['demo-producer', 'demo-consumer', 'demo-operator']) {
          const volume = podOf(manifests, name).volumes?.find((one) => one.name === 'config');
          expect(volume?.configMap).toEqual({ name: 'shop-routes', items });
        }
        expect(ofKind(manifests, 'ConfigMap')).toEqual([]);
      },
    ],
    [
      'producer.apiKey is a file, and there is no file of keys',
      'cluster',
      { producer: { keysFile: null, apiKey: { secret: 'sender', key: 'api.key' } } },
      (manifests) => {
        const spec = podOf(manifests, 'demo-producer');
        expect(envOf(spec)).toMatchObject({ MILLRACE_API_KEY_FILE: '/run/secrets/millrace/MILLRACE_API_KEY' });
        expect(envOf(spec)).not.toHaveProperty('MILLRACE_KEYS_FILE');
        expect(spec.volumes?.find(({ name }) => name === 'secrets')?.projected?.sources).toContainEqual({
          secret: { name: 'sender', items: [{ key: 'api.key', path: 'MILLRACE_API_KEY' }] },
        });
      },
    ],
    [
      'pods.nodeSelector is of every pod',
      'small',
      { pods: { nodeSelector: { pool: 'events' } } },
      (manifests) => eachPod(manifests, { nodeSelector: { pool: 'events' } }),
    ],
    [
      'pods.tolerations are of every pod',
      'small',
      { pods: { tolerations } },
      (manifests) => eachPod(manifests, { tolerations }),
    ],
    [
      'pods.priorityClassName is of every pod',
      'small',
      { pods: { priorityClassName: 'high' } },
      (manifests) => eachPod(manifests, { priorityClassName: 'high' }),
    ],
    [
      'pods.annotations are of every pod, and of nothing else',
      'small',
      { pods: { annotations: { 'linkerd.io/inject': 'enabled' } } },
      (manifests) => {
        for (const deployment of ofKind(manifests, 'Deployment')) {
          const { metadata } = specOf<DeploymentSpec>(deployment).template;
          expect(metadata.annotations).toEqual({ 'linkerd.io/inject': 'enabled' });
          expect(deployment.metadata).not.toHaveProperty('annotations');
        }
      },
    ],
  ])('%s', async (_what, set, change, hold) => {
    const manifests = await helm.render(set, change);
    expect(manifests.flatMap((manifest) => findFaults(manifest))).toEqual([]);
    hold(manifests);
  });

  it('is not there unless it is given', () => {
    for (const { spec } of podsOf(rendered.cluster))
      for (const field of ['nodeSelector', 'tolerations', 'priorityClassName']) expect(spec).not.toHaveProperty(field);
  });
});

describeWithHelm('the nodes of a Redis Cluster', () => {
  it('are told to every service, and Sentinels where there are some', () => {
    for (const { spec } of podsOf(rendered.cluster)) {
      expect(envOf(spec).REDIS_CLUSTER_NODES).toBe(
        'redis-0.redis.redis:6379,redis-1.redis.redis:6379,redis-2.redis.redis:6379',
      );
      expect(envOf(spec)).not.toHaveProperty('REDIS_SENTINELS');
    }
    for (const { spec } of podsOf(rendered['locked-down'])) {
      expect(envOf(spec).REDIS_SENTINELS?.split(',')).toHaveLength(3);
      expect(envOf(spec)).not.toHaveProperty('REDIS_CLUSTER_NODES');
    }
  });
});
