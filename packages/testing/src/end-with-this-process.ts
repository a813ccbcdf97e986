import type { ChildProcess } from 'node:child_process';

const living = new Set<ChildProcess>();

/**
 * Has a child killed when this process exits, by itself or by `process.exit`. A frozen one would notice nothing, and a
 * Redis asks after nobody.
 */
export function endWithThisProcess(child: ChildProcess): void {
  // It has never begun.
  if (child.pid === undefined) return;
  if (living.size === 0) process.on('exit', killAll);
  living.add(child);
  child.once('exit', () => {
    living.delete(child);
    if (living.size === 0) process.off('exit', killAll);
  });
}

function killAll(): void {
  for (const child of living) child.kill('SIGKILL');
}
