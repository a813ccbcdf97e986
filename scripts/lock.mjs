import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { processIdentity } from './process-identity.mjs';

/**
 * Takes a lock file for this process, or answers with the process that has it. A lock whose holder is gone, even by
 * SIGKILL or a power cut, is taken over. `release` gives it back.
 * @param {string} path
 * @returns {{ kind: 'held', release: () => void } | { kind: 'taken', pid: number }}
 */
export function takeLock(path) {
  mkdirSync(dirname(path), { recursive: true });
  const mine = `${process.pid} ${processIdentity(process.pid)}`;
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, mine);
  try {
    for (;;) {
      if (linkIfAbsent(draft, path)) break;
      const holder = readHolder(path);
      if (holder !== undefined) return { kind: 'taken', pid: holder };
      rmSync(path, { force: true });
    }
  } finally {
    rmSync(draft, { force: true });
  }
  return {
    kind: 'held',
    release: () => {
      if (readText(path) === mine) rmSync(path, { force: true });
    },
  };
}

/**
 * Linking is the one step that succeeds for a single process and never shows a half-written file.
 * @param {string} draft
 * @param {string} path
 */
function linkIfAbsent(draft, path) {
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'EEXIST') return false;
    throw error;
  }
}

/**
 * @param {string} path
 * @returns {number | undefined} the holder's process number, while that process runs
 */
function readHolder(path) {
  const [pid, identity] = readText(path).split(' ');
  return pid !== '' && processIdentity(Number(pid)) === identity ? Number(pid) : undefined;
}

/** @param {string} path */
function readText(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'ENOENT') return '';
    throw error;
  }
}
