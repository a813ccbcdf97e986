import { addCounts, quantileOf, type ToolReport } from '@millrace/stream-client';

/** Calls that ended within the last minute, of a tool or of a whole server. Times and shares are null where there is none. */
export interface ServerFigures {
  readonly calls: number;
  readonly failed: number;
  /** 0 to 1. */
  readonly failedShare: number | null;
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly p99Ms: number | null;
}

/** What all these reports say together. */
export function figuresOf(reports: readonly ToolReport[]): ServerFigures {
  const calls = sumOf(reports.map(({ ended }) => ended));
  const failed = sumOf(reports.map((report) => report.failed));
  const times = addCounts(reports.map((report) => report.times));
  return {
    calls,
    failed,
    failedShare: calls === 0 ? null : Math.round((failed / calls) * 10_000) / 10_000,
    p50Ms: quantileOf(times, 0.5),
    p95Ms: quantileOf(times, 0.95),
    p99Ms: quantileOf(times, 0.99),
  };
}

/** The same by tool, the slowest first. */
export function figuresByTool(reports: readonly ToolReport[]): readonly (ServerFigures & { readonly tool: string })[] {
  const tools = [...new Set(reports.map(({ tool }) => tool))];
  return tools
    .map((tool) => ({ tool, ...figuresOf(reports.filter((report) => report.tool === tool)) }))
    .sort((a, b) => (b.p95Ms ?? 0) - (a.p95Ms ?? 0));
}

function sumOf(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}
