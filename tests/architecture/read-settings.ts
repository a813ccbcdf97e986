import { existsSync } from 'node:fs';
import { jest } from '@jest/globals';
import * as runtime from '@millrace/runtime';
import { findAll, listNames, readText, root } from './repository.js';

/** One setting as one process reads it. */
export interface ReadSetting {
  readonly name: string;
  readonly reader: string;
  /** Empty: none. Undefined where the process works it out. */
  readonly default: string | undefined;
  /** What must be said of it: its range, or the words it may be. */
  readonly bounds: readonly string[];
}

/** Settings without which a service does not start, and a value for each. */
const REQUIRED = { CLOUD: 'aws' };

/** The services that have settings. */
export const services = listNames('services').filter((name) => existsSync(`${root}/services/${name}/src/config.ts`));

/** Everything that every service's config.ts asks of the environment, by its schema. */
export async function readServiceSettings(): Promise<readonly ReadSetting[]> {
  const read: ReadSetting[] = [];
  let reader = '';
  jest.unstable_mockModule('@millrace/runtime', () => ({
    ...runtime,
    readEnv(schema: Parameters<typeof runtime.readEnv>[0], env: NodeJS.ProcessEnv) {
      const defaults = runtime.readEnv(schema, env);
      const properties = schema.toJSONSchema({ io: 'input' }).properties ?? {};
      for (const [name, property] of Object.entries(properties)) {
        const fallback = defaults[name] as string | number | boolean | undefined;
        const isRequired = name in env;
        read.push({ name, reader, default: isRequired ? '' : String(fallback ?? ''), bounds: boundsOf(property) });
      }
      return defaults;
    },
  }));
  for (reader of services) {
    const config: unknown = await import(`${root}/services/${reader}/src/config.ts`);
    (config as { loadConfig(env: NodeJS.ProcessEnv): unknown }).loadConfig(REQUIRED);
  }
  return read;
}

function boundsOf(property: unknown): readonly string[] {
  const { minimum, maximum, enum: words } = property as { minimum?: number; maximum?: number; enum?: string[] };
  return words ?? (maximum === undefined ? [] : [`${minimum} to ${maximum}`]);
}

/** The variables that a text names as `${NAME:-default}`. */
export function readPlaceholders(path: string, reader: string): readonly ReadSetting[] {
  const found = readText(path).matchAll(/\$\{([A-Z][A-Z0-9_]*):-([^}]*)\}/g);
  return Array.from(found, ([, name = '', fallback = '']) => ({ name, reader, default: fallback, bounds: [] }));
}

/** The variables that a text names as places of keys. */
export function readKeyNames(path: string, reader: string): readonly ReadSetting[] {
  const names = findAll(readText(path), /^\s*apiKeyFrom: ([A-Z][A-Z0-9_]*)/gm);
  return names.map((name) => ({ name, reader, default: '', bounds: [] }));
}

type Env = Readonly<Record<string, string>>;

interface StartScripts {
  readonly readSettings: (env: Env) => unknown;
  readonly describeServices: (place: {
    root: string;
    stateDir: string;
    settings: unknown;
    redisUrl: string;
    env: Env;
  }) => unknown;
}

/** The scripts under `npm start` that read settings. */
export async function loadStartScripts(): Promise<StartScripts> {
  const [settings, specs] = await Promise.all(
    ['settings', 'services'].map((name): Promise<unknown> => import(`${root}/scripts/system/${name}.mjs`)),
  );
  return { ...(settings as object), ...(specs as object) } as StartScripts;
}

/** What `npm start` asks of the environment by itself, besides what it hands on to the services. */
export function readStartSettings({ readSettings, describeServices }: StartScripts): readonly ReadSetting[] {
  const names = new Set<string>();
  const env = new Proxy<Env>({}, { get: (_target, name) => void names.add(String(name)) });
  describeServices({ root: '', stateDir: '', settings: readSettings(env), redisUrl: '', env });
  return Array.from(names, (name) => ({ name, reader: 'npm start', default: undefined, bounds: [] }));
}

/** What the preparation of the machine asks of the environment, under `npm start` and `npm test` alike. */
export function readPrepareSettings(): readonly ReadSetting[] {
  const sources = listNames('scripts/prepare').map((name) => readText(`scripts/prepare/${name}`));
  const names = new Set(sources.flatMap((source) => findAll(source, /\benv\.([A-Z][A-Z0-9_]*)/g)));
  names.delete('PATH');
  return [...names].flatMap((name) =>
    ['npm start', 'npm test'].map((reader) => ({ name, reader, default: undefined, bounds: [] })),
  );
}
