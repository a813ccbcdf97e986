import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { CliError } from '../errors.js';

/** The program that breaks builds, and one of those that it breaks; seen from the repository's root. */
const RIG = 'tests/sabotage/main.ts';
const BUILT = 'services/consumer/dist/main.js';
/** An interrupted run gets so long to stop what it has started, in ms. */
const STOP_MS = 15_000;

/** What became of one build that is broken on purpose, as the rig says it. */
export interface SabotageResult {
  readonly name: string;
  readonly breaks: string;
  readonly fault: string;
  /** `unproved`: the correct build did not come through the same fault, or one of the two could not be run. */
  readonly outcome: 'caught' | 'missed' | 'unproved';
  readonly caughtAs: readonly string[];
  readonly seconds: number;
  readonly why?: string;
}

/** Throws CLI_USAGE where builds cannot be broken: away from the repository, or before its services are built. */
export function requireRig(): void {
  const missing = [RIG, BUILT].find((path) => !existsSync(path));
  if (missing === undefined) return;
  throw new CliError(
    'CLI_USAGE',
    `sabotaged builds need the repository with its services built, and ${missing} is not here; \
run it in the repository (npm run millrace -- verify --self-test), or give --no-sabotage`,
  );
}

/**
 * Runs builds that are broken on purpose, each on a system of its own, and tells of each as soon as it is known: those
 * that are named, or all. Resolves with what became of them once nothing of it runs any more. Throws CLI_USAGE for a name
 * that there is not, CLI_UNKNOWN when the rig fails or is interrupted.
 */
export async function runSabotagedBuilds(
  names: readonly string[],
  seed: number,
  tell: (result: SabotageResult) => void,
  signal: AbortSignal,
): Promise<readonly SabotageResult[]> {
  const args = [RIG, '--json', '--seed', String(seed), ...names.flatMap((name) => ['--only', name])];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const stop = () => {
    child.kill('SIGTERM');
    setTimeout(() => child.kill('SIGKILL'), STOP_MS).unref();
  };
  signal.addEventListener('abort', stop, { once: true });
  const results: SabotageResult[] = [];
  const rest: string[] = [];
  const ended = once(child, 'exit');
  for await (const line of createInterface({ input: child.stdout })) {
    if (!line.startsWith('{')) {
      rest.push(line);
      continue;
    }
    const result = JSON.parse(line) as SabotageResult;
    results.push(result);
    tell(result);
  }
  const [code] = await ended;
  signal.removeEventListener('abort', stop);
  if (code === 3) throw new CliError('CLI_USAGE', rest.join('\n'));
  if (signal.aborted) throw new CliError('CLI_UNKNOWN', 'stopped before the end: not every build was tried');
  if (results.length === 0) throw new CliError('CLI_UNKNOWN', ['no build was tried', ...rest].join('\n'));
  return results;
}
