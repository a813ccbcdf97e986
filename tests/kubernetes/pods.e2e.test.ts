import { expect, it } from '@jest/globals';
import type { INetworkPolicySpec } from 'kubernetes-models/networking.k8s.io/v1';
import { describeWithHelm, SETS } from './helm.js';
import { containerOf, envOf, type Manifest, ofKind, podsOf, specOf } from './manifest.js';
import { rendered, renderSets } from './rendered.js';

renderSets();

describeWithHelm.each(SETS)('every pod of the values %s', (set) => {
  it('runs without root, without a service account token, under the default seccomp profile', () => {
    for (const { spec } of podsOf(rendered[set])) {
      expect(spec).toMatchObject({
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        securityContext: {
          runAsNonRoot: true,
          runAsUser: 1000,
          runAsGroup: 1000,
          seccompProfile: { type: 'RuntimeDefault' },
        },
      });
      expect([spec.hostNetwork, spec.hostPID, spec.hostIPC, spec.initContainers]).toEqual(Array(4).fill(undefined));
      expect(spec.hostUsers).toBe(set === 'locked-down' ? false : undefined);
    }
  });

  it('has one container, with a root file system that cannot be written and no capability', () => {
    for (const { spec } of podsOf(rendered[set])) {
      expect(containerOf(spec).securityContext).toEqual({
        allowPrivilegeEscalation: false,
        privileged: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
    }
  });

  it('can write to /tmp, within bounds, and a mock cloud to its witness; to nothing else', () => {
    for (const { name, spec } of podsOf(rendered[set])) {
      const writable = (containerOf(spec).volumeMounts ?? []).filter(({ readOnly }) => readOnly !== true);
      const own = name.startsWith('demo-mcp-') ? ['/app/.millrace/witness'] : [];
      expect(writable.map(({ mountPath }) => mountPath)).toEqual(['/tmp', ...own]);
      const kept = writable.map((mount) => (spec.volumes ?? []).find((volume) => volume.name === mount.name));
      expect(kept.map((volume) => typeof volume?.emptyDir?.sizeLimit)).toEqual(writable.map(() => 'string'));
      expect((spec.volumes ?? []).filter(({ hostPath }) => hostPath !== undefined)).toEqual([]);
    }
  });

  it('asks for processor and memory, and has a limit to its memory', () => {
    for (const { spec } of podsOf(rendered[set])) {
      expect(containerOf(spec).resources).toMatchObject({
        requests: { cpu: expect.any(String), memory: expect.any(String) },
        limits: { memory: expect.any(String) },
      });
    }
  });

  it('is started, ready and alive by the word of the service', () => {
    for (const { spec } of podsOf(rendered[set])) {
      const { startupProbe, livenessProbe, readinessProbe } = containerOf(spec);
      const paths = [startupProbe, livenessProbe, readinessProbe].map((probe) => probe?.httpGet?.path);
      expect(paths).toEqual(['/livez', '/livez', '/readyz']);
      // Longer than a service waits for Redis before it listens.
      const { periodSeconds = 0, failureThreshold = 0 } = startupProbe ?? {};
      expect(periodSeconds * failureThreshold).toBeGreaterThan(30);
    }
  });

  it('has its secrets as files that others in the container cannot read, and none in its environment', () => {
    expect(ofKind(rendered[set], 'Secret')).toEqual([]);
    for (const { spec } of podsOf(rendered[set])) {
      expect((containerOf(spec).env ?? []).filter(({ valueFrom }) => valueFrom !== undefined)).toEqual([]);
      expect(containerOf(spec).envFrom).toBeUndefined();
      const { projected } = (spec.volumes ?? []).find(({ name }) => name === 'secrets') ?? {};
      const files = (projected?.sources ?? []).flatMap(({ secret, configMap }) =>
        ((secret ?? configMap)?.items ?? []).map(({ path }) => `/run/secrets/millrace/${path}`),
      );
      const named = Object.values(envOf(spec)).filter((value) => value.startsWith('/run/secrets/'));
      expect(named.sort()).toEqual(files.sort());
      if (projected !== undefined) expect(projected.defaultMode).toBe(0o440);
      for (const [name, value] of Object.entries(envOf(spec)))
        if (/URL_FILE|KEY|PASSWORD|TOKEN/.test(name)) expect(value).toMatch(/^\/run\/secrets\/millrace\/\w+$/);
    }
  });

  it('has more time to stop than its service takes at most', () => {
    for (const { name, spec } of podsOf(rendered[set])) {
      const { lifecycle } = containerOf(spec);
      const delay = lifecycle?.preStop?.sleep?.seconds ?? 0;
      const drain = Number(envOf(spec).MILLRACE_DRAIN_MS ?? 6_000) / 1_000;
      // Beyond its drain a consumer has four seconds, the others ten seconds in all.
      expect({ name, grace: spec.terminationGracePeriodSeconds }).toEqual({ name, grace: expect.any(Number) });
      expect(Number(spec.terminationGracePeriodSeconds)).toBeGreaterThan(delay + drain + 4);
      // What somebody sends to is told to stop only after they have heard of it.
      expect(delay > 0).toBe(/producer|operator/.test(name));
    }
  });

  it('is spread over nodes and zones', () => {
    for (const { spec } of podsOf(rendered[set])) {
      const constraints = spec.topologySpreadConstraints ?? [];
      expect(constraints.map(({ topologyKey }) => topologyKey)).toEqual([
        'kubernetes.io/hostname',
        'topology.kubernetes.io/zone',
      ]);
      const unsatisfiable = set === 'locked-down' ? 'DoNotSchedule' : 'ScheduleAnyway';
      expect(constraints.map(({ whenUnsatisfiable }) => whenUnsatisfiable)).toEqual([unsatisfiable, unsatisfiable]);
    }
  });

  it('is reached by nobody who is not named, and reaches nobody who is not named', () => {
    for (const { name } of podsOf(rendered[set])) {
      const policy = ofKind(rendered[set], 'NetworkPolicy').find(({ metadata }) => metadata.name === name);
      const { policyTypes, ingress = [], egress = [] } = specOf<INetworkPolicySpec>(policy as Manifest);
      expect(policyTypes).toEqual(['Ingress', 'Egress']);
      // A rule without peers is a rule for everybody.
      for (const { from, ports } of ingress) {
        expect(from?.length).toBeGreaterThan(0);
        expect(ports).toEqual([{ protocol: 'TCP', port: 'http' }]);
      }
      const open = egress.filter(({ to }) => to === undefined || to.length === 0);
      expect(open.flatMap(({ ports = [] }) => ports.map(({ port }) => port))).toEqual(
        set !== 'small' || /-mcp-|-model-/.test(name) ? [] : [6379],
      );
      const metadataService = egress.flatMap(({ to = [] }) =>
        to.filter(({ ipBlock }) => ipBlock?.cidr === '0.0.0.0/0'),
      );
      for (const { ipBlock } of metadataService) expect(ipBlock?.except).toContain('169.254.0.0/16');
    }
  });
});

describeWithHelm('what is spared', () => {
  it('lets one producer and one consumer go at a time, and keeps no node because of the single operator', () => {
    for (const set of SETS) {
      const budgets = ofKind(rendered[set], 'PodDisruptionBudget');
      expect(budgets.map(({ metadata }) => metadata.name).sort()).toEqual(['demo-consumer', 'demo-producer']);
      for (const { spec } of budgets) expect(spec).toMatchObject({ maxUnavailable: 1 });
    }
  });

  it('never has fewer pods during a rollout than before, except of what stands in for others', () => {
    for (const manifest of ofKind(rendered.small, 'Deployment')) {
      const { strategy } = specOf<{ strategy: object }>(manifest);
      const isStandIn = /^demo-(mcp|model)-/.test(manifest.metadata.name);
      expect(strategy).toMatchObject(isStandIn ? { type: 'Recreate' } : { rollingUpdate: { maxUnavailable: 0 } });
    }
  });
});
