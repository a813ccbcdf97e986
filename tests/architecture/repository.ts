import { execFileSync } from 'node:child_process';
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The repository's folder. */
export const root = join(import.meta.dirname, '../..');

/** The text of a file, by its path in the repository. */
export function readText(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

/** Names in a folder of the repository, sorted. */
export function listNames(folder: string): readonly string[] {
  return readdirSync(join(root, folder)).sort();
}

/** Paths of all files that are committed, or would be: what git ignores is left out, and what is deleted. */
export function listFiles(): readonly string[] {
  // A checkout may belong to somebody else than the one who runs the tests, which git asks about.
  const args = ['-c', 'safe.directory=*', 'ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  const paths = execFileSync('git', args, { cwd: root, encoding: 'utf8', maxBuffer: 16 * 1024 * 1024 }).split('\0');
  return paths.filter((path) => path !== '' && isFile(path));
}

function isFile(path: string): boolean {
  return lstatSync(join(root, path), { throwIfNoEntry: false })?.isFile() === true;
}

/** All matches of the first group of a pattern with the `g` flag. */
export function findAll(text: string, pattern: RegExp): readonly string[] {
  return [...text.matchAll(pattern)].flatMap(([, group]) => group ?? []);
}
