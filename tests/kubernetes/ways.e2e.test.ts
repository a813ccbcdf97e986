import { expect, it } from '@jest/globals';
import { describeWithHelm } from './helm.js';
import { envOf, find, type Manifest, ofKind, podsOf, specOf } from './manifest.js';
import { helm, rendered, renderSets } from './rendered.js';

renderSets();

type Rule = { readonly to?: readonly object[]; readonly ports: readonly { readonly port: number }[] };

function waysOut(manifests: readonly Manifest[], name: string): readonly Rule[] {
  return specOf<{ egress: Rule[] }>(find(manifests, 'NetworkPolicy', name)).egress;
}

describeWithHelm('the way in', () => {
  const ingressOf = (host: string, service: string, more: object) => ({
    ingressClassName: 'nginx',
    rules: [
      {
        host,
        http: {
          paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: service, port: { name: 'http' } } } }],
        },
      },
    ],
    ...more,
  });

  it('leads over TLS to the port of the producer, and to nothing else unless it is asked for', () => {
    expect(ofKind(rendered.cluster, 'Ingress').map(({ metadata }) => metadata.name)).toEqual(['demo-producer']);
    expect(find(rendered.cluster, 'Ingress', 'demo-producer').spec).toEqual(
      ingressOf('events.shop.example', 'demo-producer', {
        tls: [{ hosts: ['events.shop.example'], secretName: 'events-shop-example' }],
      }),
    );
    for (const set of ['small', 'locked-down'] as const) expect(ofKind(rendered[set], 'Ingress')).toEqual([]);
  });

  it('leads to the operator where that is asked for, with its annotations, and without a certificate in the clear', async () => {
    const ingress = {
      enabled: true,
      className: 'nginx',
      host: 'operator.shop.example',
      annotations: { 'nginx.ingress.kubernetes.io/whitelist-source-range': '203.0.113.0/24' },
    };
    const operator = find(await helm.render('cluster', { operator: { ingress } }), 'Ingress', 'demo-operator');
    expect(operator.spec).toEqual(ingressOf('operator.shop.example', 'demo-operator', {}));
    expect(operator.metadata).toMatchObject({ annotations: ingress.annotations });
  });

  it('has at its end a port of that name', () => {
    for (const name of ['demo-producer', 'demo-operator'])
      expect(specOf(find(rendered.cluster, 'Service', name))).toMatchObject({ ports: [{ name: 'http' }] });
  });
});

describeWithHelm('the way out', () => {
  const toRedis = [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'redis' } } }];
  const users = ['demo-producer', 'demo-consumer', 'demo-operator'];

  it('leads to Redis where it is said to be, at its ports and those of its Sentinels', () => {
    for (const name of users) {
      expect(waysOut(rendered.cluster, name)).toContainEqual({ to: toRedis, ports: [{ protocol: 'TCP', port: 6379 }] });
      expect(waysOut(rendered['locked-down'], name)).toContainEqual({
        to: toRedis,
        ports: [
          { protocol: 'TCP', port: 6379 },
          { protocol: 'TCP', port: 26_379 },
        ],
      });
    }
  });

  it('leads to the ports of all nodes that are named, each once', async () => {
    const clusterNodes = ['a.redis:17001', 'b.redis:7002', 'c.redis:6379'];
    const manifests = await helm.render('cluster', { redis: { clusterNodes } });
    for (const name of users) {
      const [rule] = waysOut(manifests, name).filter(({ to }) => JSON.stringify(to) === JSON.stringify(toRedis));
      expect(rule?.ports.map(({ port }) => port)).toEqual([6_379, 7_002, 17_001]);
    }
  });

  it('leads for traces to the collector, for producers and consumers alone', async () => {
    const manifests = await helm.render('cluster', { tracing: { headers: { secret: 'collector', key: 'headers' } } });
    const sending = podsOf(manifests).filter(({ spec }) => 'OTEL_EXPORTER_OTLP_ENDPOINT' in envOf(spec));
    expect(sending.map(({ name }) => name).sort()).toEqual(['demo-consumer', 'demo-producer']);
    for (const { name, spec } of sending) {
      expect(envOf(spec).OTEL_EXPORTER_OTLP_HEADERS_FILE).toBe('/run/secrets/millrace/OTEL_EXPORTER_OTLP_HEADERS');
      expect(waysOut(manifests, name)).toContainEqual({
        to: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } }],
        ports: [{ protocol: 'TCP', port: 4318 }],
      });
    }
    expect(JSON.stringify(ofKind(rendered['locked-down'], 'NetworkPolicy'))).not.toContain('4318');
  });

  it.each([
    ['http://collector:14318', 14_318],
    ['https://collector.example/otlp', 443],
    ['http://collector', 80],
    ['http://[fd00::1]:4318/', 4_318],
    ['http://[fd00::1]', 80],
  ])('leads to the port of the collector at %s', async (endpoint, port) => {
    const to = [{ ipBlock: { cidr: '198.51.100.7/32' } }];
    const manifests = await helm.render('cluster', { tracing: { endpoint, to } });
    expect(waysOut(manifests, 'demo-producer')).toContainEqual({ to, ports: [{ protocol: 'TCP', port }] });
  });
});
