import { ToolCallError } from '@millrace/mcp-client';
import type { ConsumerTools } from './consumer-code.ts';
import type { Cpu } from './cpu.ts';
import type { ConsumerCosts } from './settings.ts';
import type { VirtualTime } from './virtual-time.ts';

export interface ToolOptions {
  readonly toolMs: number;
  readonly failures: number;
  readonly random: () => number;
  /** Where within a ms the tool's clock ticks: what it is asked between two ticks, it answers at once. */
  readonly tickAtMs: number;
  /** One way, in ms. */
  readonly networkMs: number;
}

/** What the tool saw: every call, and the order in which events of a key had their first effects. */
export class Witness {
  calls = 0;
  effects = 0;
  /** Effects of events that had one already. */
  repeated = 0;
  /** First effects that came after that of a later event of the same key. */
  reordered = 0;
  readonly #seen = new Set<number>();
  readonly #lastOf = new Map<string, number>();

  effect(number: number, key: string): void {
    this.effects += 1;
    if (this.#seen.has(number)) {
      this.repeated += 1;
      return;
    }
    this.#seen.add(number);
    const last = this.#lastOf.get(key) ?? -1;
    if (number < last) this.reordered += 1;
    else this.#lastOf.set(key, number);
  }
}

/** A tool that takes the same time for every call, called by a process that spends its own on each. */
export function createTools(
  time: VirtualTime,
  cpu: Cpu,
  costs: ConsumerCosts,
  { toolMs, failures, random, networkMs, tickAtMs }: ToolOptions,
  witness: Witness,
): ConsumerTools {
  return {
    call: (call, signal) =>
      new Promise((resolve) => {
        const beganAt = time.nowMs;
        const facts = () => ({ durationMs: time.nowMs - beganAt, dispatched: true });
        const fail = (code: 'TOOL_ABORTED' | 'TOOL_REPORTED_ERROR', known: 'unknown' | 'failed-by-tool') =>
          resolve({ kind: 'failed', error: new ToolCallError(code, known, 'in the simulation'), facts: facts() });
        const onAbort = () => fail('TOOL_ABORTED', 'unknown');
        signal.addEventListener('abort', onAbort, { once: true });
        const answer = () => {
          signal.removeEventListener('abort', onAbort);
          if (signal.aborted) return;
          if (isFailing) return fail('TOOL_REPORTED_ERROR', 'failed-by-tool');
          resolve({ kind: 'ok', result: { content: [], sizeBytes: 2 }, facts: facts() });
        };
        const isFailing = failures > 0 && random() < failures;
        cpu.spend(costs.entry, () => {
          witness.calls += 1;
          const { event, key } = call.arguments as { readonly event: string; readonly key: string };
          if (!isFailing) witness.effect(Number(event), key);
          // Half a ms is what waiting from the tick before takes off, on average.
          const sinceTick = (time.nowMs + networkMs - tickAtMs + 1) % 1;
          time.after(2 * networkMs + toolMs + 0.5 - sinceTick, () => cpu.spend(costs.answer, answer));
        });
      }),
  };
}
