import { readFileSync } from 'node:fs';

/** How much of the machine's cores, 1 being all of them, whatever runs on it has used since the watch began; undefined where nobody tells. */
export function watchCores(): () => number | undefined {
  const before = readTicks();
  return () => {
    const after = readTicks();
    if (before === undefined || after === undefined) return undefined;
    return (after.busy - before.busy) / (after.all - before.all);
  };
}

/** The kernel's own account, over all cores. Waiting for a disk is no work; what a host took away was not to be had. */
function readTicks(): { readonly busy: number; readonly all: number } | undefined {
  try {
    const [, ...fields] = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0]?.split(/\s+/) ?? [];
    // user, nice, system, idle, iowait, irq, softirq, steal; guests are counted with users.
    const ticks = fields.slice(0, 8).map(Number);
    const all = ticks.reduce((sum, one) => sum + one, 0);
    return { all, busy: all - (ticks[3] ?? 0) - (ticks[4] ?? 0) };
  } catch {
    return undefined;
  }
}
