import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { readSchemaTexts, type SchemaTexts } from '@millrace/config-files';
import { ConfigError } from '@millrace/runtime';
import { listHandlerFiles } from './handlers-folder.js';
import { signFile } from './sign-file.js';

/** The files of a configuration, in the order in which the version is made of them. */
const FILES = ['servers.yaml', 'routes.yaml', 'tools.lock.json', 'models.yaml'] as const;
/** A folder need not have them: then no tool is pinned, and there is no model. Their text is empty. */
const OPTIONAL: readonly ConfigFileName[] = ['tools.lock.json', 'models.yaml'];

export type ConfigFileName = (typeof FILES)[number];

/** What the files of the configuration folder hold at one moment. */
export interface ConfigFiles {
  /** Absolute. */
  readonly dir: string;
  /** Twelve hexadecimal digits of the digest over all contents. */
  readonly version: string;
  readonly texts: Readonly<Record<ConfigFileName, string>>;
  /** The event schemas in `schemas/`, by file name. */
  readonly schemas: SchemaTexts;
  /** The code under `handlers/`, by absolute path. */
  readonly handlers: ReadonlyMap<string, string>;
  /** Names the content of `handlers/` alone. */
  readonly handlersVersion: string;
}

/** Reads that may find the files changed under their hands before it is given up. */
const MAX_READS = 5;

/**
 * Reads all files as they were at one moment: until two readings in a row give the same. Throws `ConfigError` when a file
 * cannot be read, or when they never stay the same.
 */
export async function readConfigFiles(configDir: string): Promise<ConfigFiles> {
  const dir = resolve(configDir);
  let last = await readOnce(dir);
  for (let reads = 1; reads < MAX_READS; reads += 1) {
    const next = await readOnce(dir);
    if (next.version === last.version) return next;
    last = next;
  }
  throw new ConfigError([`MILLRACE_CONFIG: the files in ${dir} changed during each of ${MAX_READS} readings`]);
}

/**
 * A text that is another one after any of the files was written, replaced or removed, or a symbolic link on the way to it
 * was turned elsewhere: Kubernetes swaps a link, editors rename. Never rejects.
 */
export async function signConfigFiles(configDir: string): Promise<string> {
  const dir = resolve(configDir);
  const handlers = await listHandlerFiles(dir).catch(() => []);
  const schemas = await readdir(join(dir, 'schemas')).catch(() => []);
  const paths = [...FILES, ...schemas.map((name) => join('schemas', name))].map((file) => join(dir, file));
  return (await Promise.all([...paths, ...handlers].map(signFile))).join('\n');
}

async function readOnce(dir: string): Promise<ConfigFiles> {
  const entries = await Promise.all(
    FILES.map(async (file) => [file, await readText(join(dir, file), OPTIONAL.includes(file))] as const),
  );
  const paths = await listHandlerFiles(dir);
  const handlers = await Promise.all(paths.map(async (path) => [path, await readText(path)] as const));
  const schemas = await readSchemaTexts(join(dir, 'schemas'));
  const handlersVersion = digest(handlers.map(([path, text]) => [path.slice(dir.length), text]));
  return {
    dir,
    version: digest([entries, handlersVersion, [...schemas]]),
    texts: Object.fromEntries(entries) as ConfigFiles['texts'],
    schemas,
    handlers: new Map(handlers),
    handlersVersion,
  };
}

function digest(contents: unknown): string {
  return createHash('sha256').update(JSON.stringify(contents)).digest('hex').slice(0, 12);
}

async function readText(path: string, isOptional = false): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && isOptional) return '';
    throw new ConfigError([`MILLRACE_CONFIG: cannot read ${path} (${code})`]);
  }
}
