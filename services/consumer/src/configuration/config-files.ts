import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError } from '@millrace/runtime';

/** The files that make up a configuration, in the order in which the version is made of them. */
const FILES = ['servers.yaml', 'routes.yaml'] as const;

export type ConfigFileName = (typeof FILES)[number];

/** What the files of the configuration folder hold at one moment. */
export interface ConfigFiles {
  readonly dir: string;
  /** Twelve hexadecimal digits of the digest over all contents. */
  readonly version: string;
  readonly texts: Readonly<Record<ConfigFileName, string>>;
}

/** Reads that may find the files changed under their hands before it is given up. */
const MAX_READS = 5;

/**
 * Reads all files as they were at one moment: until two readings in a row give the same. Throws `ConfigError` when a file
 * cannot be read, or when they never stay the same.
 */
export async function readConfigFiles(dir: string): Promise<ConfigFiles> {
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
export async function signConfigFiles(dir: string): Promise<string> {
  const signs = await Promise.all(FILES.map((file) => signFile(join(dir, file))));
  return signs.join(' ');
}

async function signFile(path: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join('-');
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unreadable';
  }
}

async function readOnce(dir: string): Promise<ConfigFiles> {
  const entries = await Promise.all(FILES.map(async (file) => [file, await readText(join(dir, file))] as const));
  const digest = createHash('sha256').update(JSON.stringify(entries)).digest('hex');
  return { dir, version: digest.slice(0, 12), texts: Object.fromEntries(entries) as ConfigFiles['texts'] };
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ConfigError([`MILLRACE_CONFIG: cannot read ${path} (${code})`]);
  }
}
