import type { IContainer, IPodSpec } from 'kubernetes-models/v1';

/** One rendered object. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: Labels };
  readonly [field: string]: unknown;
}

type Labels = Readonly<Record<string, string>>;

/** A Deployment, as far as it is looked at here. */
export interface DeploymentSpec {
  readonly replicas?: number;
  readonly selector: { readonly matchLabels: Labels };
  readonly strategy: { readonly type: string };
  readonly template: {
    readonly metadata: { readonly labels: Labels; readonly annotations?: Labels };
    readonly spec: IPodSpec;
  };
}

/** The objects of one kind. */
export function ofKind(manifests: readonly Manifest[], kind: string): readonly Manifest[] {
  return manifests.filter((manifest) => manifest.kind === kind);
}

/** The one object of this kind and name. Throws when it is not there. */
export function find(manifests: readonly Manifest[], kind: string, name: string): Manifest {
  const found = ofKind(manifests, kind).find(({ metadata }) => metadata.name === name);
  if (found === undefined) throw new Error(`no ${kind} is named ${name}`);
  return found;
}

/** `spec`, whatever it is. */
export function specOf<Spec>(manifest: Manifest): Spec {
  return manifest.spec as Spec;
}

/** What the Deployments run, by their names. */
export function podsOf(
  manifests: readonly Manifest[],
): readonly { readonly name: string; readonly spec: IPodSpec; readonly labels: Labels }[] {
  return ofKind(manifests, 'Deployment').map((manifest) => {
    const { template } = specOf<DeploymentSpec>(manifest);
    return { name: manifest.metadata.name, spec: template.spec, labels: template.metadata.labels };
  });
}

/** The one container of a pod. */
export function containerOf(spec: IPodSpec): IContainer {
  const [container, ...others] = spec.containers;
  if (container === undefined || others.length > 0) throw new Error('a pod has one container');
  return container;
}

/** The variables of a container, by name. */
export function envOf(spec: IPodSpec): Readonly<Record<string, string>> {
  return Object.fromEntries((containerOf(spec).env ?? []).map(({ name, value }) => [name, String(value)]));
}

/** Whether labels are among those that a selector asks for. */
export function isSelected(labels: Labels, matchLabels: Labels): boolean {
  return Object.entries(matchLabels).every(([name, value]) => labels[name] === value);
}
