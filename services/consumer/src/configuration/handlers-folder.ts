import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError } from '@millrace/runtime';

const MAX_FILES = 1_000;
const MAX_BYTES = 8 * 1_048_576;
const MAX_DEPTH = 8;

/**
 * The code in the handlers folder, sorted, by absolute path: scripts and JSON, not what is hidden, and no packages. None
 * when there is no such folder. Throws `ConfigError` when it is too much to be a handlers folder.
 */
export async function listHandlerFiles(configDir: string): Promise<readonly string[]> {
  const found: string[] = [];
  await walk(join(configDir, 'handlers'), 0, found);
  let bytes = 0;
  for (const path of found) bytes += await sizeOf(path);
  if (bytes > MAX_BYTES)
    throw new ConfigError([`handlers/ has ${bytes} bytes of code; at most ${MAX_BYTES} are loaded`]);
  return found.sort();
}

async function walk(dir: string, depth: number, found: string[]): Promise<void> {
  if (depth > MAX_DEPTH) throw new ConfigError([`${dir} is more than ${MAX_DEPTH} folders deep`]);
  for (const entry of await listDir(dir)) {
    const path = join(dir, entry.name);
    if (entry.name.startsWith('.') || entry.name === 'node_modules') continue;
    if (await isDirectory(entry, path)) await walk(path, depth + 1, found);
    else if (/\.(?:m?ts|m?js|json)$/.test(entry.name)) found.push(path);
    if (found.length > MAX_FILES) throw new ConfigError([`handlers/ has more than ${MAX_FILES} files`]);
  }
}

async function listDir(dir: string): Promise<Dirent[]> {
  try {
    return await readdir(dir, { withFileTypes: true });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return [];
    throw new ConfigError([`cannot read ${dir} (${code})`]);
  }
}

async function isDirectory(entry: Dirent, path: string): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.size ?? 0;
}
