import type {
  CallOutcome,
  ResourceOutcome,
  ResourceRead,
  ResourceReader,
  ServerSettings,
  ToolCall,
  ToolCallerWithLife,
  ToolHints,
  ToolKnowledge,
  ToolLister,
  ToolListing,
} from '@millrace/mcp-client';
import { callAny, Fleet, NO_HINTS, ToolCallError } from '@millrace/mcp-client';
import type { ConsumerTools } from '../call-target.js';

/** Opens what calls one server. */
export type OpenServer = (settings: ServerSettings) => OpenedServer;

/** Calls one server, and as a rule knows what its tools are. */
export type OpenedServer = ToolCallerWithLife & Partial<ToolLister & ToolKnowledge & ResourceReader>;

/** Tools of the servers of one configuration. */
export interface LentTools extends ConsumerTools {
  readonly listTools: ToolLister['listTools'];
  /** Gives the servers back. Those that no other configuration has are closed; resolves when they are. */
  release(): Promise<void>;
}

interface Shared {
  readonly caller: OpenedServer;
  users: number;
}

/**
 * Servers that configurations share: one whose settings are the same in the next configuration keeps its connections and
 * its limits, one that is gone is closed once the last configuration that has it is released.
 */
export class SharedServers {
  readonly #open: OpenServer;
  /** By the whole of their settings. */
  readonly #shared = new Map<string, Shared>();

  readonly #fleet: Fleet;

  /** `fleet` knows how the servers are that `open` opens. */
  constructor(open: OpenServer, fleet: Fleet = new Fleet()) {
    this.#open = open;
    this.#fleet = fleet;
  }

  /** How many servers are open, in whatever configuration. */
  get size(): number {
    return this.#shared.size;
  }

  lend(servers: readonly ServerSettings[]): LentTools {
    const keys = new Map(servers.map((settings) => [settings.name, JSON.stringify(settings)]));
    const callers = new Map(servers.map((settings) => [settings.name, this.#take(settings)]));
    let releasing: Promise<void> | undefined;
    const tools = {
      call: (call: ToolCall, signal: AbortSignal) =>
        callers.get(call.server)?.call(call, signal) ?? Promise.resolve(failUnknown(call)),
      listTools: (server: string, signal: AbortSignal, maxAgeMs?: number): Promise<ToolListing> =>
        callers.get(server)?.listTools?.(server, signal, maxAgeMs) ?? Promise.resolve(UNLISTED),
      readResource: (read: ResourceRead, signal: AbortSignal): Promise<ResourceOutcome> =>
        callers.get(read.server)?.readResource?.(read, signal) ?? Promise.resolve(failUnknown(read)),
      hintsOf: (server: string, tool: string, signal: AbortSignal): Promise<ToolHints> =>
        callers.get(server)?.hintsOf?.(server, tool, signal) ?? Promise.resolve(NO_HINTS),
    };
    return {
      ...tools,
      callAny: (call, signal) => callAny(call, { tools, fleet: this.#fleet }, signal),
      release: () => {
        releasing ??= Promise.all([...keys.values()].map((key) => this.#giveBack(key))).then(() => undefined);
        return releasing;
      },
    };
  }

  #take(settings: ServerSettings): OpenedServer {
    const key = JSON.stringify(settings);
    const shared = this.#shared.get(key) ?? { caller: this.#open(settings), users: 0 };
    shared.users += 1;
    this.#shared.set(key, shared);
    return shared.caller;
  }

  async #giveBack(key: string): Promise<void> {
    const shared = this.#shared.get(key);
    if (shared === undefined) return;
    shared.users -= 1;
    if (shared.users > 0) return;
    this.#shared.delete(key);
    await shared.caller.close();
  }
}

const UNLISTED: ToolListing = {
  kind: 'failed',
  error: new ToolCallError('SERVER_UNKNOWN', 'not-sent', 'the server is not configured'),
};

/** A call that was frozen under a configuration whose server is gone. */
function failUnknown({ server }: Pick<ToolCall, 'server'>): CallOutcome & { readonly kind: 'failed' } {
  const error = new ToolCallError('SERVER_UNKNOWN', 'not-sent', `no server '${server}' is configured`);
  return { kind: 'failed', error, facts: { durationMs: 0, dispatched: false } };
}
