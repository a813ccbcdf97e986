import type { ServerConfig } from '../servers.js';
import type { BreakerState } from './breaker.js';
import type { FleetOptions } from './fleet-options.js';
import { type Room, ServerGuard } from './server-guard.js';

/** A server as it is doing right now, as this process sees it. */
export interface ServerState {
  readonly name: string;
  readonly breaker: BreakerState;
  /** Calls under way or waiting for their turn. */
  readonly calls: number;
}

/**
 * The servers of one process, side by side: who is healthy, and who takes how much room. What is known of a server stays
 * when its settings change and its connections are made anew.
 */
export class Fleet implements Room {
  readonly #guards = new Map<string, ServerGuard>();
  readonly #options: FleetOptions;
  #calls = 0;

  constructor(options: FleetOptions = {}) {
    this.#options = options;
  }

  /** Every server that is configured, in the order in which they became known. */
  states(): readonly ServerState[] {
    return [...this.#guards].map(([name, guard]) => ({ name, breaker: guard.breakerState, calls: guard.calls }));
  }

  /** The guard of a server, under its settings of now. Given back with `drop`. */
  guard(server: ServerConfig): ServerGuard {
    const guard = this.#guards.get(server.name) ?? new ServerGuard(server.name, this.#options, this);
    this.#guards.set(server.name, guard);
    guard.use(server);
    return guard;
  }

  /** A server that nobody uses any more is forgotten. */
  drop(guard: ServerGuard): void {
    if (guard.leave()) this.#guards.delete(guard.name);
  }

  /**
   * Whether one more call to a server that has `held` of them leaves room for the others. No server takes more than half
   * of the places while there are others; beyond its even share it takes them only while a quarter is free.
   */
  hasRoom(held: number): boolean {
    const { places } = this.#options;
    const servers = this.#guards.size;
    if (places === undefined || servers < 2) return true;
    if (held < Math.max(1, Math.floor(places / servers))) return true;
    return held < Math.floor(places / 2) && this.#calls < 0.75 * places;
  }

  /**
   * Servers that can do the same, those first that are healthy, else as they came. One that was left alone for long enough is
   * first asked by `look`, in the background, whether it is there: no call has to wait to find out.
   */
  order(servers: readonly string[], look: (server: string) => Promise<boolean>): readonly string[] {
    const isReady = (server: string) => this.#guards.get(server)?.isReady(() => look(server)) ?? true;
    const ready = new Set(servers.filter(isReady));
    return [...ready, ...servers.filter((server) => !ready.has(server))];
  }

  /** The share `q` of the last calls of a tool were quicker than this, in ms; undefined while too few are known. */
  percentileMs(server: string, tool: string, q: number): number | undefined {
    return this.#guards.get(server)?.latencies.percentile(tool, q);
  }

  noteFailover(from: string): void {
    this.#options.observer?.failedOver?.(from);
  }

  noteHedge(to: string): void {
    this.#options.observer?.hedged?.(to);
  }

  note(change: 1 | -1): void {
    this.#calls += change;
  }
}
