import { createBoundedLabel } from '@millrace/runtime';
import { addCounts, bucketOf, type ToolReport } from '@millrace/stream-client';
import { MinuteSlices } from '../minute-slices.js';

/** Tools of one server that are told apart; the others are `other`. An agent may call whatever a server offers. */
const MAX_TOOLS = 50;

interface Tally {
  ended: number;
  failed: number;
  readonly times: Map<number, number>;
}

interface Ended {
  readonly durationMs: number;
  readonly hasFailed: boolean;
}

/** How the tools of each server did within the last minute. Bounded by the number of servers. */
export class ToolWindow {
  readonly #slices = new Map<string, MinuteSlices<Map<string, Tally>>>();
  readonly #labels = new Map<string, (tool: string) => string>();

  /** `now` counts in ms, from whenever. */
  constructor(private readonly now: () => number) {}

  note(server: string, tool: string, { durationMs, hasFailed }: Ended): void {
    const tallies = this.#slicesOf(server).current();
    const name = this.#labelOf(server)(tool);
    const tally = tallies.get(name) ?? { ended: 0, failed: 0, times: new Map() };
    tallies.set(name, tally);
    tally.ended += 1;
    if (hasFailed) tally.failed += 1;
    const bucket = bucketOf(durationMs);
    tally.times.set(bucket, (tally.times.get(bucket) ?? 0) + 1);
  }

  /** The tools of a server that were called within the last minute. */
  report(server: string): readonly ToolReport[] {
    const tallies = this.#slicesOf(server)
      .live()
      .flatMap((slice) => [...slice]);
    return [...new Set(tallies.map(([tool]) => tool))].map((tool) => {
      const own = tallies.filter(([name]) => name === tool).map(([, tally]) => tally);
      return {
        tool,
        ended: own.reduce((sum, { ended }) => sum + ended, 0),
        failed: own.reduce((sum, { failed }) => sum + failed, 0),
        times: addCounts(own.map(({ times }) => [...times])),
      };
    });
  }

  #slicesOf(server: string): MinuteSlices<Map<string, Tally>> {
    const slices = this.#slices.get(server) ?? new MinuteSlices(this.now, () => new Map<string, Tally>());
    this.#slices.set(server, slices);
    return slices;
  }

  #labelOf(server: string): (tool: string) => string {
    const label = this.#labels.get(server) ?? createBoundedLabel(MAX_TOOLS);
    this.#labels.set(server, label);
    return label;
  }
}
