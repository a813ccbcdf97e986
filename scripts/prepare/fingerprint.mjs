import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * A digest of the content of files. A file that is not there counts as such.
 * @param {readonly string[]} paths
 */
export function digestContent(paths) {
  const hash = createHash('sha256');
  for (const path of paths) hash.update(`${path}\0`).update(existsSync(path) ? readFileSync(path) : '\0absent');
  return hash.digest('hex');
}

/**
 * A digest of the names, sizes and times of files and of all files below folders: milliseconds for a few hundred.
 * @param {readonly string[]} paths
 */
export function digestListing(paths) {
  const hash = createHash('sha256');
  for (const path of paths.flatMap(filesBelow)) {
    const { size, mtimeMs } = statSync(path);
    hash.update(`${path}\0${size}\0${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

/**
 * @param {string} path
 * @returns {string[]}
 */
function filesBelow(path) {
  if (!existsSync(path)) return [];
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .sort()
    .flatMap((name) => filesBelow(join(path, name)));
}

/**
 * Whether the stamp in a file says `digest`.
 * @param {string} path
 * @param {string} digest
 */
export function isStamped(path, digest) {
  return existsSync(path) && readFileSync(path, 'utf8') === digest;
}

/**
 * @param {string} path
 * @param {string} digest
 */
export function stamp(path, digest) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, digest);
}
