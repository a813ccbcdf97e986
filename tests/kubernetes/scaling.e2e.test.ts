import { expect, it } from '@jest/globals';
import { describeWithHelm } from './helm.js';
import { find, isSelected, type Manifest, ofKind, podsOf, specOf } from './manifest.js';
import { helm, rendered, renderSets } from './rendered.js';

renderSets();

interface Trigger {
  readonly metadata: Readonly<Record<string, string>>;
  readonly authenticationRef?: object;
}

function scaledBy(manifests: readonly Manifest[]): { readonly triggers: readonly [Trigger] } {
  return specOf(find(manifests, 'ScaledObject', 'demo-consumer'));
}

describeWithHelm('the number of consumers', () => {
  it('is left to KEDA where that scales them, from none', () => {
    expect(specOf<object>(find(rendered.cluster, 'Deployment', 'demo-consumer'))).not.toHaveProperty('replicas');
    expect(scaledBy(rendered.cluster)).toMatchObject({
      scaleTargetRef: { kind: 'Deployment', name: 'demo-consumer' },
      minReplicaCount: 0,
      maxReplicaCount: 20,
      pollingInterval: 5,
      cooldownPeriod: 300,
    });
  });

  it('follows what is ready to be worked on, counted once, in this release alone', () => {
    const [trigger, ...others] = scaledBy(rendered.cluster).triggers;
    expect(others).toEqual([]);
    expect(trigger).toEqual({
      type: 'prometheus',
      metricType: 'AverageValue',
      metadata: {
        serverAddress: 'http://prometheus-operated.monitoring.svc:9090',
        query:
          'sum(max by (partition) (millrace_ready_work{namespace="shop",app_kubernetes_io_instance="demo",job="operator"}))',
        threshold: '256',
        activationThreshold: '0',
        ignoreNullValues: 'false',
      },
    });
  });

  it('is asked for as the values say: where, who, how often, and what', async () => {
    const query = 'sum(millrace_ready_work{cluster="it\'s \\"ours\\""})';
    const autoscaling = {
      prometheus: 'https://metrics.example',
      authentication: 'reader',
      readyPerConsumer: 1_000_000,
      pollingSeconds: 9,
      idleSeconds: 7,
      query,
    };
    // With a query of its own it may be read by somebody else than the chart's PodMonitor.
    const manifests = await helm.render('cluster', { consumer: { autoscaling }, monitoring: { enabled: false } });
    const { triggers, ...spec } = scaledBy(manifests);
    expect(spec).toMatchObject({ pollingInterval: 9, cooldownPeriod: 7 });
    expect(triggers).toMatchObject([
      {
        metadata: { serverAddress: 'https://metrics.example', query, threshold: '1000000' },
        authenticationRef: { name: 'reader' },
      },
    ]);
  });

  it('does not fall because nobody can say how much there is to do', () => {
    expect(scaledBy(rendered.cluster)).toMatchObject({
      fallback: { failureThreshold: 3, replicas: 2, behavior: 'currentReplicasIfHigher' },
    });
  });

  it('rises at once, by four or to twice as many, whichever is more; falls by one, not faster than a drain', async () => {
    const manifests = await helm.render('cluster', { consumer: { drainSeconds: 120 } });
    expect(scaledBy(manifests)).toMatchObject({
      advanced: {
        horizontalPodAutoscalerConfig: {
          behavior: {
            scaleUp: {
              stabilizationWindowSeconds: 0,
              selectPolicy: 'Max',
              policies: [
                { type: 'Percent', value: 100, periodSeconds: 15 },
                { type: 'Pods', value: 4, periodSeconds: 15 },
              ],
            },
            scaleDown: {
              stabilizationWindowSeconds: 300,
              policies: [{ type: 'Pods', value: 1, periodSeconds: 120 }],
            },
          },
        },
      },
    });
  });

  it('is fixed where nothing scales them', () => {
    expect(ofKind(rendered['locked-down'], 'ScaledObject')).toEqual([]);
    expect(specOf<object>(find(rendered['locked-down'], 'Deployment', 'demo-consumer'))).toMatchObject({ replicas: 2 });
  });
});

describeWithHelm('what reads metrics', () => {
  interface Monitor {
    readonly jobLabel: string;
    readonly podTargetLabels: readonly string[];
    readonly selector: {
      readonly matchLabels: Readonly<Record<string, string>>;
      readonly matchExpressions: readonly {
        readonly key: string;
        readonly operator: string;
        readonly values: string[];
      }[];
    };
  }

  function jobsOf(manifests: readonly Manifest[]): readonly string[] {
    const { jobLabel, selector } = specOf<Monitor>(find(manifests, 'PodMonitor', 'demo'));
    const [chosen, ...others] = selector.matchExpressions;
    expect([chosen?.operator, others]).toEqual(['In', []]);
    return podsOf(manifests)
      .filter(({ labels }) => isSelected(labels, selector.matchLabels))
      .filter(({ labels }) => chosen?.values.includes(labels[chosen.key] ?? ''))
      .map(({ labels }) => labels[jobLabel] ?? '')
      .sort();
  }

  it('reads those of the three services under the names that the rules ask for, and no stand-in', async () => {
    expect(jobsOf(rendered.cluster)).toEqual(['consumer', 'operator', 'producer']);
    const demonstration = await helm.render('small', { monitoring: { enabled: true } });
    expect(podsOf(demonstration).length).toBeGreaterThan(3);
    expect(jobsOf(demonstration)).toEqual(['consumer', 'operator', 'producer']);
  });

  it('reads them every five seconds, in less time than that, and tells releases apart', async () => {
    const endpoint = { port: 'http', path: '/metrics', interval: '5s', scrapeTimeout: '4s' };
    const monitor = specOf<Monitor>(find(rendered.cluster, 'PodMonitor', 'demo'));
    expect(monitor).toMatchObject({ podMetricsEndpoints: [endpoint] });
    expect(monitor.podTargetLabels).toEqual(['app.kubernetes.io/instance']);
    const often = await helm.render('cluster', { monitoring: { intervalSeconds: 2 } });
    expect(specOf(find(often, 'PodMonitor', 'demo'))).toMatchObject({
      podMetricsEndpoints: [{ interval: '2s', scrapeTimeout: '2s' }],
    });
  });
});
