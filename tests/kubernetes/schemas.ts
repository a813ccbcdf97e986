import { ScaledObject } from '@kubernetes-models/keda/keda.sh/v1alpha1/ScaledObject';
import { PodMonitor } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/PodMonitor';
import { PrometheusRule } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/PrometheusRule';
import { Deployment } from 'kubernetes-models/apps/v1/Deployment';
import { Ingress } from 'kubernetes-models/networking.k8s.io/v1/Ingress';
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1/PodDisruptionBudget';
import { ConfigMap } from 'kubernetes-models/v1/ConfigMap';
import { Service } from 'kubernetes-models/v1/Service';
import { ServiceAccount } from 'kubernetes-models/v1/ServiceAccount';
import type { Manifest } from './manifest.js';

type Model = { readonly apiVersion: string; readonly kind: string } & (new (manifest: never) => { validate(): void });

const MODELS: readonly Model[] = [
  ConfigMap,
  Deployment,
  Ingress,
  NetworkPolicy,
  PodDisruptionBudget,
  PodMonitor,
  PrometheusRule,
  ScaledObject,
  Service,
  ServiceAccount,
];

const TOP_LEVEL = ['apiVersion', 'kind', 'metadata', 'spec', 'data', 'automountServiceAccountToken'];

/**
 * What a cluster would refuse, or drop without a word, about an object: values of the wrong type, by the schemas of
 * Kubernetes, KEDA and the Prometheus operator; and fields that they do not know.
 */
export function findFaults(manifest: Manifest): readonly string[] {
  const found = MODELS.find(({ apiVersion, kind }) => manifest.apiVersion === apiVersion && manifest.kind === kind);
  if (found === undefined) return [`there is no schema for ${manifest.apiVersion} ${manifest.kind}`];
  const unknown = Object.keys(manifest).filter((name) => !TOP_LEVEL.includes(name));
  const watched = Object.entries(manifest).map(([name, value]) => ({ name, ...watch(value, name) }));
  try {
    // A model is made of copies, which nobody watches.
    const model = new found(manifest as never);
    for (const { name, value } of watched) Object.assign(model, { [name]: value });
    model.validate();
  } catch (error) {
    return [(error as Error).message];
  }
  return [...unknown, ...watched.flatMap(({ unread }) => unread())].map((path) => `${path} is no field`);
}

/** The same value, and the paths in it that nobody has read: a schema reads every field that it knows. */
function watch(value: unknown, path: string): { readonly value: unknown; unread: () => readonly string[] } {
  if (typeof value !== 'object' || value === null) return { value, unread: () => [] };
  const read = new Set<string>();
  const inner = new Map(Object.entries(value).map(([name, field]) => [name, watch(field, `${path}.${name}`)] as const));
  const get = (_target: object, name: string | symbol, receiver: unknown): unknown => {
    if (typeof name === 'string') read.add(name);
    return inner.get(name as string)?.value ?? Reflect.get(value, name, receiver);
  };
  const unread = () =>
    Array.from(inner, ([name, field]) => (read.has(name) ? field.unread() : [`${path}.${name}`])).flat();
  return { value: new Proxy(value, { get }), unread };
}
