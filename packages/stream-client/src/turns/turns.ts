import { runScript } from '../scripts.js';
import type { Stream } from '../stream.js';
import { GroupCommit } from '../writes/group-commit.js';

/** A rate that all processes of a deployment keep to together. */
export interface TurnRate {
  readonly calls: number;
  readonly perMs: number;
  /** Calls that may go out at once after a pause. */
  readonly burst: number;
}

/** How long to wait for the place that was taken, or when to ask again because none was. */
export type TakenTurn = { readonly waitMs: number } | { readonly retryAfterMs: number };

/** Lines of calls, one per server, in which every process of the deployment stands. */
export interface Turns {
  /** Takes a place no further off than `maxWaitMs`. Throws STREAM_UNAVAILABLE when Redis cannot be asked. */
  take(server: string, rate: TurnRate, maxWaitMs: number): Promise<TakenTurn>;
}

/** Calls to one server that come together share a round trip. */
export function createTurns(stream: Stream): Turns {
  const lines = new Map<string, GroupCommit<number, TakenTurn>>();
  const lineOf = (server: string, rate: TurnRate) => {
    const name = JSON.stringify([server, rate]);
    const line = lines.get(name) ?? createLine(stream, server, rate);
    lines.set(name, line);
    return line;
  };
  return { take: (server, rate, maxWaitMs) => lineOf(server, rate).submit(maxWaitMs) };
}

function createLine(stream: Stream, server: string, rate: TurnRate): GroupCommit<number, TakenTurn> {
  const intervalUs = (rate.perMs * 1_000) / rate.calls;
  return new GroupCommit<number, TakenTurn>({
    commit: async (waits) => {
      const longestUs = Math.min(...waits) * 1_000;
      const args = [intervalUs, rate.burst, longestUs, waits.length];
      const reply = await runScript(stream.redis, 'take-turns', [stream.keys.turns(server)], args);
      const [given, firstUs, retryAfterUs] = reply as [number, number, number];
      return waits.map((_, nth) => {
        if (nth >= given) return { retryAfterMs: (retryAfterUs + (nth - given) * intervalUs) / 1_000 };
        return { waitMs: Math.max(0, firstUs + nth * intervalUs) / 1_000 };
      });
    },
    sizeOf: () => 1,
    maxBatch: 256,
    maxBatchBytes: 256,
    maxQueued: 8_192,
    maxInFlight: 1,
  });
}
