import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { processIdentity } from '../../scripts/process-identity.mjs';
import { TIMING } from '../../scripts/system/process-spec.mjs';

/** Delays short enough for a test. */
export const quick = { ...TIMING, firstDelayMs: 10, maxDelayMs: 50 };

/** @param {string} name */
export const createTempDir = (name) => mkdtempSync(join(tmpdir(), `millrace-${name}-`));

/**
 * A process that does what `mode` says in fake-process.mjs.
 * @param {string} name
 * @param {{ mode?: 'ready' | 'failing' | 'silent' | 'stubborn', stopOrder?: number }} [options]
 * @returns {import('../../scripts/system/process-spec.mjs').ProcessSpec}
 */
export function describeFake(name, { mode = 'ready', stopOrder = 1 } = {}) {
  return {
    name,
    stopOrder,
    command: process.execPath,
    args: [fileURLToPath(new URL('./fake-process.mjs', import.meta.url)), mode],
    env: process.env,
    announces: true,
    isReady: async (port) => port === 1,
  };
}

/** @param {number} pid */
export const isRunning = (pid) => processIdentity(pid) !== undefined;
