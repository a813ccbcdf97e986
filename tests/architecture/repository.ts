import { readdirSync, readFileSync } from 'node:fs';
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

/** Paths of all files that are committed, or would be: what `.gitignore` names is left out. Needs no git. */
export function listFiles(folder = ''): readonly string[] {
  const entries = readdirSync(join(root, folder), { withFileTypes: true });
  return entries.flatMap((entry) => {
    if (isIgnored(entry.name)) return [];
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) return listFiles(path);
    return entry.isFile() ? [path] : [];
  });
}

/** Our `.gitignore` has folders (`dist/`), names (`.env`) and endings (`*.log`), wherever they are. */
function isIgnored(name: string): boolean {
  const patterns = readText('.gitignore').split('\n');
  return ['.git', ...patterns].some((pattern) =>
    pattern.startsWith('*') ? name.endsWith(pattern.slice(1)) : name === pattern.replace(/\/$/, ''),
  );
}

/** All matches of the first group of a pattern with the `g` flag. */
export function findAll(text: string, pattern: RegExp): readonly string[] {
  return [...text.matchAll(pattern)].flatMap(([, group]) => group ?? []);
}
