import { Repetition } from '@millrace/core';
import type { ServerState } from '@millrace/mcp-client';
import type { Logger } from '@millrace/runtime';
import { noteCalls, publishServers, type ServerCall, type Stream, type ToolReport } from '@millrace/stream-client';

/** How often the operator is told how the servers are doing, in ms. */
const PUBLISH_EVERY_MS = 2_000;

/** What there is to tell. */
export interface ServersKnown {
  states(): readonly ServerState[];
  /** What the tools of a server did within the last minute. */
  report(server: string): readonly ToolReport[];
  /** The calls since the last time, by server. */
  take(): ReadonlyMap<string, readonly ServerCall[]>;
}

/**
 * Tells the operator, by way of Redis, how the servers are doing as this consumer sees them, and what was called: one small
 * command a server every two seconds, however many calls there are.
 */
export class ServerReporter {
  readonly #reports = new Repetition(() => this.#report(), PUBLISH_EVERY_MS);

  constructor(
    private readonly stream: Stream,
    private readonly consumer: string,
    private readonly known: ServersKnown,
    private readonly logger: Logger,
  ) {}

  start(): void {
    this.#reports.start();
  }

  /** Resolves when the last calls are told as well. How the servers are doing is forgotten by itself. */
  async stop(): Promise<void> {
    await this.#reports.stop();
    await this.#report();
  }

  /** Calls that could not be told are not told later: others have been made meanwhile. */
  async #report(): Promise<void> {
    const { stream, known } = this;
    const servers = known.states().map((state) => ({ ...state, tools: known.report(state.name) }));
    const calls = [...known.take()];
    try {
      await Promise.all([
        publishServers(stream, this.consumer, servers),
        ...calls.map(([server, made]) => noteCalls(stream, server, made)),
      ]);
    } catch (error) {
      this.logger.debug({ err: error }, 'could not report how the servers are doing');
    }
  }
}
