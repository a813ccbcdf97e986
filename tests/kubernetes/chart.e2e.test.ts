import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import type { IServiceSpec } from 'kubernetes-models/v1';
import { parse } from 'yaml';
import { describeWithHelm, SETS } from './helm.js';
import {
  containerOf,
  type DeploymentSpec,
  find,
  isSelected,
  type Manifest,
  ofKind,
  podsOf,
  specOf,
} from './manifest.js';
import { helm, rendered, renderSets } from './rendered.js';
import { findFaults } from './schemas.js';

renderSets();

describeWithHelm('helm', () => {
  it('is of the version that docs/kubernetes.md names', async () => {
    const page = readFileSync(join(import.meta.dirname, '../../docs/kubernetes.md'), 'utf8');
    expect(await helm.version()).toBe(`v${/rendered by helm (\d[\d.]*\d)/.exec(page)?.[1]}`);
  });
});

describeWithHelm.each(SETS)('the chart with the values %s', (set) => {
  it('passes the linter', () => helm.lint(set));

  it('has nothing that Kubernetes, KEDA or the Prometheus operator would refuse, and no field that they would drop', () => {
    expect(rendered[set].length).toBeGreaterThan(10);
    expect(faultsOf(rendered[set])).toEqual([]);
  });

  it('keeps to the namespace of the release, and names no object twice', () => {
    expect(rendered[set].filter(({ metadata }) => metadata.namespace !== 'shop')).toEqual([]);
    const names = rendered[set].map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    expect(names).toEqual([...new Set(names)]);
  });

  it('lets every Deployment, Service, budget and policy select the pods of one component, by labels that never change', () => {
    const pods = podsOf(rendered[set]);
    const selecting = rendered[set].flatMap((manifest) => {
      const selector = selectorOf(manifest);
      return selector === undefined ? [] : [{ name: manifest.metadata.name, selector }];
    });
    for (const { name, selector } of selecting) {
      expect({ name, pods: pods.filter(({ labels }) => isSelected(labels, selector)).map((pod) => pod.name) }).toEqual({
        name,
        pods: [name],
      });
      expect(Object.keys(selector).join()).not.toMatch(/version|chart/);
    }
    expect(selecting.length).toBeGreaterThanOrEqual(3 * pods.length);
  });

  it('names no service account, config map, service or port that is not there', () => {
    const missing = podsOf(rendered[set]).flatMap(({ name, spec }) => {
      const accounts = ofKind(rendered[set], 'ServiceAccount').map(({ metadata }) => metadata.name);
      const maps = (spec.volumes ?? []).flatMap(({ configMap }) => configMap?.name ?? []);
      const own = maps.filter((map) => map.startsWith('demo-'));
      const absent = own.filter((map) => !ofKind(rendered[set], 'ConfigMap').some((one) => one.metadata.name === map));
      return [...absent, ...(accounts.includes(spec.serviceAccountName ?? '') ? [] : [`${name}: account`])];
    });
    expect(missing).toEqual([]);
    for (const service of ofKind(rendered[set], 'Service')) {
      const { ports = [] } = specOf<IServiceSpec>(service);
      const [pod] = podsOf(rendered[set]).filter(({ name }) => name === service.metadata.name);
      const offered = pod === undefined ? [] : (containerOf(pod.spec).ports ?? []).map(({ name }) => name);
      expect(offered).toEqual(ports.map(({ targetPort }) => targetPort));
      expect(pod && containerOf(pod.spec).ports?.map((port) => port.containerPort)).toEqual(
        ports.map(({ port }) => port),
      );
    }
  });

  it('has for every file of the volume of the configuration a key in the config map, and the other way round', () => {
    const [map] = ofKind(rendered[set], 'ConfigMap');
    for (const { spec } of podsOf(rendered[set])) {
      const volume = (spec.volumes ?? []).find(({ name }) => name === 'config')?.configMap;
      if (volume?.items === undefined || map === undefined) continue;
      expect(volume.items.map(({ key }) => key).sort()).toEqual(Object.keys(map.data as object).sort());
    }
  });
});

describeWithHelm('a rendered object with a fault', () => {
  it.each([
    ['a misspelt field', { template: { spec: { terminationGracePeriodSecond: 30 } } }, 'is no field'],
    ['a word where a number belongs', { replicas: 'three' }, 'must be integer'],
    ['a field in the wrong place', { securityContext: { runAsNonRoot: true } }, 'is no field'],
  ])('is found by the check: %s', (_what, change, fault) => {
    const deployment = find(rendered.small, 'Deployment', 'demo-producer');
    const { template, ...spec } = specOf<DeploymentSpec>(deployment);
    const changed = 'template' in change ? mergeSpec(template, change.template.spec) : template;
    expect(findFaults({ ...deployment, spec: { ...spec, ...change, template: changed } }).join()).toContain(fault);
  });

  it('is found when it is of a kind that nobody knows', () => {
    const unknown = { apiVersion: 'v1', kind: 'Pot', metadata: { name: 'x' } };
    expect(findFaults(unknown)).toEqual(['there is no schema for v1 Pot']);
  });
});

describeWithHelm('the demonstration', () => {
  it("has the repository's own configuration, file for file, and a mock cloud for each server", () => {
    const { data } = find(rendered.small, 'ConfigMap', 'demo-config') as unknown as { data: Record<string, string> };
    const routes = readFileSync(join(import.meta.dirname, '../../config/routes.yaml'), 'utf8');
    expect(data['routes.yaml']?.trimEnd()).toBe(routes.trimEnd());
    expect(Object.keys(data)).toContain('handlers..close-incident.ts');
    const clouds = podsOf(rendered.small).filter(({ name }) => name.startsWith('demo-mcp-'));
    expect(clouds.map(({ name }) => name).sort()).toEqual(['demo-mcp-aws', 'demo-mcp-azure', 'demo-mcp-gcp']);
  });

  it('is nowhere unless it is asked for', () => {
    const names = [...rendered.cluster, ...rendered['locked-down']].map(({ metadata }) => metadata.name);
    expect(names.filter((name) => name.includes('mcp'))).toEqual([]);
  });
});

describeWithHelm('a change of the configuration', () => {
  const pods = async (files: object) =>
    podsOf(await helm.render('locked-down', { config: { files } })).map(({ name, spec, labels }) => ({
      name,
      spec,
      labels,
    }));
  const templateOf = async (name: string, files: object) =>
    specOf<DeploymentSpec>(find(await helm.render('locked-down', { config: { files } }), 'Deployment', name)).template;

  it('restarts nobody, since all take it as they run', async () => {
    const change = { 'servers.yaml': 'servers: {}\n', 'schemas/com.shop.order.created.json': '{}\n' };
    expect(await templateOf('demo-consumer', change)).toEqual(await templateOf('demo-consumer', {}));
    expect(await pods(change)).toEqual(await pods({}));
  });

  it('is mounted as a folder, never file by file, which would not follow it', async () => {
    for (const set of SETS)
      for (const { spec } of podsOf(rendered[set]))
        expect(containerOf(spec).volumeMounts?.filter(({ subPath }) => subPath !== undefined)).toEqual([]);
  });
});

describeWithHelm('the rules of Prometheus', () => {
  it('are those of the rest of the repository, to the letter', () => {
    const sources = ['recording', 'alerts'].map((name) =>
      readFileSync(join(import.meta.dirname, `../../infra/prometheus/${name}.yml`), 'utf8'),
    );
    const groups = sources.flatMap((source) => (parse(source) as { groups: unknown[] }).groups);
    expect(find(rendered.cluster, 'PrometheusRule', 'demo').spec).toEqual({ groups });
  });
});

function faultsOf(manifests: readonly Manifest[]): readonly string[] {
  return manifests.flatMap((manifest) =>
    findFaults(manifest).map((fault) => `${manifest.kind} ${manifest.metadata.name}: ${fault}`),
  );
}

/** How an object chooses its pods; undefined for one that has none, or all of the release. */
function selectorOf(manifest: Manifest): Readonly<Record<string, string>> | undefined {
  type Selector = { readonly matchLabels: Readonly<Record<string, string>> };
  const { selector, podSelector } = specOf<{ selector?: Selector; podSelector?: Selector }>(manifest) ?? {};
  if (manifest.kind === 'PodMonitor') return undefined;
  if (manifest.kind === 'Service') return selector as unknown as Readonly<Record<string, string>>;
  return (selector ?? podSelector)?.matchLabels;
}

function mergeSpec(template: DeploymentSpec['template'], change: object): object {
  return { ...template, spec: { ...template.spec, ...change } };
}
