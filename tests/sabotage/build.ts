import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BUILD_SETTING, type Rewrite } from './rewrite.ts';

/** A rewrite is in a file that no process has loaded; to run it again would change nothing. */
export class NeverLoaded extends Error {
  constructor(files: readonly string[]) {
    super(`never loaded: ${files.join(', ')}`);
    this.name = 'NeverLoaded';
  }
}

/** A build of the services as the load hook makes it. */
export interface PreparedBuild {
  /** For every process of the system. */
  readonly nodeArgs: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Throws NeverLoaded when a rewrite was applied by no process: then the build was not the one that was asked for. */
  check(): Promise<void>;
  remove(): Promise<void>;
}

/** Prepares a build; without a rewrite it is the one that is there. */
export async function prepareBuild(rewrites: readonly Rewrite[]): Promise<PreparedBuild> {
  const dir = await mkdtemp(join(tmpdir(), 'millrace-build-'));
  const appliedDir = join(dir, 'applied');
  await mkdir(appliedDir);
  const file = join(dir, 'build.json');
  await writeFile(file, JSON.stringify({ rewrites, appliedDir }));
  const hook = fileURLToPath(new URL('load-hook.ts', import.meta.url));
  return {
    nodeArgs: rewrites.length === 0 ? [] : ['--import', hook],
    env: { [BUILD_SETTING]: file },
    check: async () => {
      const applied = new Set(await readdir(appliedDir));
      const missing = rewrites.filter((_, at) => !applied.has(String(at)));
      if (missing.length > 0) throw new NeverLoaded(missing.map((one) => one.file));
    },
    remove: () => rm(dir, { recursive: true, force: true }),
  };
}
