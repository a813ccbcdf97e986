import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { IPodSpec, IVolume } from 'kubernetes-models/v1';
import { envOf, find, type Manifest } from './manifest.js';

/** What is in the secrets of a cluster, as `<secret>/<key>`. */
export type Secrets = Readonly<Record<string, string>>;

/** The volumes of a pod as the kubelet lays them out, in a folder, and the pod's variables with their paths in it. */
export interface MountedPod {
  readonly env: Readonly<Record<string, string>>;
  /** Puts other files in place of the configuration's, all at once, as the kubelet does with a changed config map. */
  changeConfig(files: Readonly<Record<string, string>>): Promise<void>;
}

/** Config maps are among `manifests`; a volume of anything else that is named there throws. */
export async function mountPod(
  folder: string,
  spec: IPodSpec,
  manifests: readonly Manifest[],
  secrets: Secrets,
): Promise<MountedPod> {
  const places: Record<string, string> = {};
  for (const { name, mountPath } of spec.containers[0]?.volumeMounts ?? []) {
    const volume = (spec.volumes ?? []).find((one) => one.name === name);
    const place = join(folder, name);
    places[mountPath] = place;
    await mkdir(place, { recursive: true });
    await swap(place, filesOf(volume as IVolume, manifests, secrets));
  }
  const env = Object.entries(envOf(spec)).map(([name, value]): [string, string] => {
    const mounted = Object.entries(places).find(([path]) => value.startsWith(`${path}/`));
    return [name, mounted === undefined ? value : value.replace(...mounted)];
  });
  const config = places['/app/config'];
  return {
    env: { ...Object.fromEntries(env), ...(config === undefined ? {} : { MILLRACE_CONFIG: config }) },
    changeConfig: (files) => swap(config as string, files),
  };
}

function filesOf(volume: IVolume, manifests: readonly Manifest[], secrets: Secrets): Record<string, string> {
  if (volume.configMap !== undefined) {
    const { data } = find(manifests, 'ConfigMap', String(volume.configMap.name)) as unknown as { data: Secrets };
    const items = volume.configMap.items ?? Object.keys(data).map((key) => ({ key, path: key }));
    return Object.fromEntries(items.map(({ key, path }) => [path, data[key] as string]));
  }
  const sources = volume.projected?.sources ?? [];
  return Object.fromEntries(
    sources.flatMap(({ secret }) =>
      (secret?.items ?? []).map(({ key, path }) => {
        const value = secrets[`${secret?.name}/${key}`];
        if (value === undefined) throw new Error(`there is no key ${key} in the secret ${secret?.name}`);
        return [path, value];
      }),
    ),
  );
}

/** The files go into a new folder, to which a link is turned; what is seen are links through that one. */
async function swap(place: string, files: Readonly<Record<string, string>>): Promise<void> {
  const version = `..${performance.now()}`;
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(place, version, path)), { recursive: true });
    await writeFile(join(place, version, path), content);
  }
  await mkdir(join(place, version), { recursive: true });
  await symlink(version, join(place, '..data_tmp'));
  await rename(join(place, '..data_tmp'), join(place, '..data'));
  for (const name of new Set(Object.keys(files).map((path) => path.split('/')[0] as string))) {
    await rm(join(place, name), { force: true });
    await symlink(join('..data', name), join(place, name));
  }
}
