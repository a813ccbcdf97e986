import { Repetition } from '@millrace/core';
import { pinOf, type ToolListing } from '@millrace/mcp-client';
import type { Logger } from '@millrace/runtime';
import { publishTools, readTools, type Stream, takeToolsWanted } from '@millrace/stream-client';
import { describeTools, type ServerTrust } from './describe-tools.js';

/** How often is looked whether somebody wants to know the tools of a server, in ms. */
const LOOK_EVERY_MS = 2_000;
/** Servers that are asked at once. */
const MAX_ASKED = 8;

/** Asks the servers of the configuration in force. */
export interface ToolSource {
  /** Ends within a bounded time and never rejects. */
  listTools(server: string, signal: AbortSignal): Promise<ToolListing>;
  /** Undefined where the configuration has no such server. */
  trustIn(server: string): ServerTrust | undefined;
}

/**
 * Asks a server for its tools when somebody wants to know them, and tells the operator by way of Redis. Of all consumers
 * one asks.
 */
export class ToolReporter {
  readonly #looks = new Repetition((signal) => this.#look(signal), LOOK_EVERY_MS);

  constructor(
    private readonly stream: Stream,
    private readonly consumer: string,
    private readonly source: ToolSource,
    private readonly logger: Logger,
  ) {}

  start(): void {
    this.#looks.start();
  }

  /** Resolves when nobody is asked any more. */
  stop(): Promise<void> {
    return this.#looks.stop();
  }

  async #look(signal: AbortSignal): Promise<void> {
    try {
      const wanted = await takeToolsWanted(this.stream, MAX_ASKED);
      await Promise.all(wanted.map((server) => this.#tell(server, signal)));
    } catch (error) {
      this.logger.debug({ err: error }, 'could not tell which tools there are');
    }
  }

  async #tell(server: string, signal: AbortSignal): Promise<void> {
    const trust = this.source.trustIn(server);
    // Another consumer may have it, and is asked the next time.
    if (trust === undefined) return;
    const listing = await this.source.listTools(server, signal);
    if (signal.aborted) return;
    const before = await readTools(this.stream, server);
    const now = new Date().toISOString();
    const own = { askedAt: now, consumer: this.consumer, isTrusted: trust.isTrusted };
    if (listing.kind === 'failed') {
      const { listedAt, tools = [] } = before ?? {};
      const last = listedAt === undefined ? {} : { listedAt };
      return publishTools(this.stream, server, { ...last, ...own, problem: listing.error.message, tools });
    }
    const seen = listing.tools.map((tool) => ({ tool, digest: pinOf(tool) }));
    const tools = describeTools(seen, trust, before?.listedAt === undefined ? undefined : before.tools, now);
    return publishTools(this.stream, server, { listedAt: now, ...own, tools });
  }
}
