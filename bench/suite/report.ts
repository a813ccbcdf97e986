import type { Bar } from './comparison.ts';
import type { Spread, Summary, Verdict } from './summary.ts';

/** A comparison as lines for a terminal: what was measured, one contender a line, then the bars with ✓ or ✗. */
export function renderSummary(summary: Summary): string {
  const lines = ['', `${summary.id}  ${summary.title}`];
  if (summary.note !== undefined) lines.push(`    ${summary.note}`);
  if (summary.error !== undefined) return [...lines, `  ✗ not measured: ${summary.error}`].join('\n');
  const contenders = Object.entries(summary.contenders);
  const figures = [...new Set(contenders.flatMap(([, spreads]) => Object.keys(spreads)))];
  const rows = contenders.map(([name, spreads]) => [name, ...figures.map((figure) => renderSpread(spreads[figure]))]);
  const header = [`median (min–max) of ${summary.rounds}`, ...figures];
  const widths = header.map((_cell, column) => Math.max(...[header, ...rows].map((row) => row[column]?.length ?? 0)));
  for (const row of [header, ...rows]) {
    const cells = row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)));
    lines.push(`    ${cells.join('  ')}`);
  }
  return [...lines, ...summary.verdicts.map(renderVerdict)].join('\n');
}

function renderVerdict(verdict: Verdict): string {
  const { bar, value } = verdict;
  const against = bar.against === undefined ? '' : ' ×';
  return `  ${renderMark(verdict)} ${renderBar(bar)}: ${renderSpread(value)}${against}`;
}

/** ✓ or ✗, and – for a bar that no round says anything about. */
export function renderMark({ ok, judged }: Verdict): string {
  if (judged === 0) return '–';
  return ok ? '✓' : '✗';
}

/** What has to hold, in words. */
export function renderBar({ contender, figure, against, atLeast, atMost, unless }: Bar): string {
  const limit = atLeast === undefined ? `≤ ${atMost}` : `≥ ${atLeast}`;
  const exception = unless === undefined ? '' : `, unless ${unless.figure} > ${unless.above}`;
  return `${contender}, ${figure} ${limit}${against === undefined ? '' : ` × ${against}`}${exception}`;
}

/** The median, with the ends where they differ from it. */
export function renderSpread(spread: Spread | undefined): string {
  if (spread === undefined || Number.isNaN(spread.median)) return '–';
  if (spread.min === spread.max) return renderNumber(spread.median);
  return `${renderNumber(spread.median)} (${renderNumber(spread.min)}–${renderNumber(spread.max)})`;
}

/** Three digits that count. */
function renderNumber(value: number): string {
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en');
  return value.toPrecision(3);
}
