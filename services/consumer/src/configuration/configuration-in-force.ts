import { isDeepStrictEqual } from 'node:util';
import type { ToolListing } from '@millrace/mcp-client';
import type { Route } from '@millrace/routing';
import type { AnnouncedConfiguration } from '@millrace/stream-client';
import type { ServerTrust } from '../servers/describe-tools.js';
import type { CheckedConfiguration } from './check-configuration.js';
import type { Configurations, HeldConfiguration } from './configuration.js';
import { contentsOf } from './contents.js';
import type { LentTools, SharedServers } from './shared-servers.js';

interface Generation {
  readonly configuration: CheckedConfiguration;
  readonly tools: LentTools;
  users: number;
}

/**
 * The one configuration that new entries are handled under. Replacing it is one assignment: an entry sees the old
 * configuration whole or the new one whole. The old one keeps its servers until the last entry that holds it is through.
 */
export class ConfigurationInForce implements Configurations {
  readonly #servers: SharedServers;
  readonly #retired = new Set<Promise<void>>();
  #current: Generation;

  constructor(first: CheckedConfiguration, servers: SharedServers) {
    this.#servers = servers;
    this.#current = this.#open(first);
  }

  get version(): string {
    return this.#current.configuration.version;
  }

  /** What it has, by name. */
  get contents(): AnnouncedConfiguration {
    return contentsOf(this.#current.configuration);
  }

  get routes(): readonly Route[] {
    return this.#current.configuration.routes.all;
  }

  /** The route of this id; undefined when the configuration in force has none. */
  findRoute(id: string): Route | undefined {
    return this.#current.configuration.routes.find(id);
  }

  /** Whether this is what is in force already, the secrets of its servers included. */
  isSame({ version, servers }: CheckedConfiguration): boolean {
    return version === this.version && isDeepStrictEqual(servers, this.#current.configuration.servers);
  }

  /** How far a server is believed; undefined when the configuration in force has none of that name. */
  trustIn(server: string): ServerTrust | undefined {
    const settings = this.#current.configuration.servers.find(({ name }) => name === server);
    if (settings === undefined) return undefined;
    return { isTrusted: settings.trustAnnotations ?? false, pins: settings.pins };
  }

  /** Asks a server for its tools; never rejects, and ends within ten seconds. */
  async listTools(server: string, signal: AbortSignal): Promise<ToolListing> {
    const generation = this.#current;
    generation.users += 1;
    try {
      return await generation.tools.listTools(server, signal);
    } finally {
      this.#letGo(generation);
    }
  }

  hold(): HeldConfiguration {
    const generation = this.#current;
    generation.users += 1;
    const { version, routes, handlers, models, schemas } = generation.configuration;
    const { tools } = generation;
    return { version, routes, handlers, models, schemas, tools, release: () => this.#letGo(generation) };
  }

  /** Puts another configuration in force. New servers are taken before old ones are given back, so that both keep the shared. */
  replace(next: CheckedConfiguration): void {
    const before = this.#current;
    this.#current = this.#open(next);
    this.#letGo(before);
  }

  /** Closes every server. Calls in flight are aborted, so stop the consumer first. */
  async close(): Promise<void> {
    this.#retire(this.#current);
    await Promise.all(this.#retired);
  }

  /** Being the one in force counts as a use. */
  #open(configuration: CheckedConfiguration): Generation {
    return { configuration, tools: this.#servers.lend(configuration.servers), users: 1 };
  }

  #letGo(generation: Generation): void {
    generation.users -= 1;
    if (generation.users === 0) this.#retire(generation);
  }

  #retire(generation: Generation): void {
    const closing = generation.tools.release().finally(() => this.#retired.delete(closing));
    this.#retired.add(closing);
  }
}
