import { execFile } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What is preloaded into Redis to make its machine misbehave. */
export type Shim = 'slow-disk' | 'set-clock';

const built = new Map<Shim, Promise<string>>();

/** The path of a shim as a shared library, compiled once a run. Rejects where there is no C compiler. */
export function buildShim(shim: Shim): Promise<string> {
  const building = built.get(shim) ?? compile(shim);
  built.set(shim, building);
  return building;
}

/** Why a scenario with a shim cannot be carried out on this machine; undefined when it can. */
export async function findMissingCompiler(shim: Shim): Promise<string | undefined> {
  try {
    await buildShim(shim);
    return undefined;
  } catch (error) {
    return `cc does not compile ${shim}.c: ${(error as Error).message.split('\n')[0]}`;
  }
}

async function compile(shim: Shim): Promise<string> {
  const target = join(await mkdtemp(join(tmpdir(), 'millrace-shim-')), `${shim}.so`);
  const source = fileURLToPath(new URL(`${shim}.c`, import.meta.url));
  await run('cc', ['-shared', '-fPIC', '-O2', '-o', target, source, '-ldl'], { timeout: 60_000 });
  return target;
}
