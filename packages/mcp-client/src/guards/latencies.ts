const KEPT = 128;
const ENOUGH = 20;
const MAX_TOOLS = 256;

/** How long the last calls of each tool took. */
export class Latencies {
  readonly #byTool = new Map<string, number[]>();

  note(tool: string, durationMs: number): void {
    const known = this.#byTool.get(tool) ?? [];
    if (known.length === 0 && this.#byTool.size >= MAX_TOOLS) return;
    known.push(durationMs);
    if (known.length > KEPT) known.shift();
    this.#byTool.set(tool, known);
  }

  /** The share `q` of the last calls were quicker than this, in ms; undefined while there are too few of them. */
  percentile(tool: string, q: number): number | undefined {
    const known = this.#byTool.get(tool) ?? [];
    if (known.length < ENOUGH) return undefined;
    const sorted = known.toSorted((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];
  }
}
