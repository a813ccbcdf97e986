import type { Machine } from './machine.ts';
import { renderBar, renderMark, renderSpread } from './report.ts';
import type { Summary } from './summary.ts';

/** A run as it was written by `--json`. */
export interface Run {
  readonly machine: Machine;
  readonly scope: { readonly quick: boolean; readonly rounds: number };
  readonly summaries: readonly Summary[];
}

/** The bars of a run as a Markdown table, with the machine and its condition above it. */
export function renderMarkdown({ machine, scope, summaries }: Run): string {
  const { cpu, cores, memoryGiB, kernel, node, redis, packages, load } = machine;
  const versions = Object.entries(packages).map(([name, version]) => `${name} ${version}`);
  const scale = scope.quick ? ', scaled down with `--quick`' : '';
  const rows = summaries.flatMap(({ id, rounds, verdicts, error }) =>
    error === undefined
      ? verdicts.map((verdict) => {
          const { bar, value, judged } = verdict;
          const counted = judged === rounds ? rounds : `${judged} of ${rounds}`;
          return `| ${id} | ${renderBar(bar)} | ${renderSpread(value)} | ${renderMark(verdict)} | ${counted} |`;
        })
      : [`| ${id} | not measured: ${error} | | ✗ | |`],
  );
  return [
    `${cpu}, ${cores} cores, ${memoryGiB} GiB, Linux ${kernel}, Node ${node}, Redis ${redis}; ${versions.join(', ')}.`,
    `Load of the machine before the run: ${load.toFixed(2)}${load > 0.3 ? ' (not quiet)' : ''}${scale}.`,
    '',
    '| # | Bar | Median (min–max) | | Rounds |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}
