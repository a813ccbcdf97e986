import { join } from 'node:path';
import { type EventSchemas, parseEventSchemas } from '@millrace/config-files';
import type { Handler } from '@millrace/handlers';
import { type ServerSettings, withSecrets } from '@millrace/mcp-client';
import {
  findSplitKeys,
  gatheredBy,
  type ModelDefinition,
  parseModels,
  parseRoutes,
  parseServers,
  parseToolLock,
  type Route,
  RouteTable,
  type ToolLock,
} from '@millrace/routing';
import { ConfigError, readSecret } from '@millrace/runtime';
import type { Durability } from '@millrace/stream-client';
import { type Models, openModels } from '../agents/models.js';
import { loadHandlers } from '../handlers/load-handlers.js';
import type { ConfigFiles } from './config-files.js';

/** A configuration that has passed every check. Nothing is opened for it yet. */
export interface CheckedConfiguration {
  readonly version: string;
  readonly routes: RouteTable;
  readonly servers: readonly ServerSettings[];
  /** By the files that routes name. */
  readonly handlers: ReadonlyMap<string, Handler>;
  /** By the names that routes have for them. */
  readonly models: Models;
  /** What the data of follow-up events must fit, by event type. */
  readonly schemas: EventSchemas;
}

/** What checking needs to know besides the files. */
export interface Checking {
  readonly env: NodeJS.ProcessEnv;
  readonly durability: Durability;
  /** Default: one partition, for good. */
  readonly division?: Division;
}

/** How events are divided, as far as routes depend on it. */
export interface Division {
  /** How many partitions there are, or are being prepared. */
  readonly partitions: number;
  /** Whether their number is being changed, or not everything from before such a change is over. */
  readonly isChanging: boolean;
}

/** One partition, for good. */
export const UNDIVIDED: Division = { partitions: 1, isChanging: false };

/** Checks files as a whole, and loads the handlers that routes name. Throws `RouteError`, `SchemaError` or `ConfigError` with every problem of a file at once. */
export async function checkConfiguration(
  files: ConfigFiles,
  { env, durability, division = UNDIVIDED }: Checking,
): Promise<CheckedConfiguration> {
  const { dir, texts, version } = files;
  const schemas = parseEventSchemas(join(dir, 'schemas'), files.schemas);
  const definitions = parseServers(texts['servers.yaml'], join(dir, 'servers.yaml'), env);
  const lock = parseToolLock(texts['tools.lock.json'], join(dir, 'tools.lock.json'));
  const names = new Set(definitions.map(({ name }) => name));
  const routes = parseRoutes(texts['routes.yaml'], join(dir, 'routes.yaml'), names, version);
  const definitionsOfModels = parseModels(texts['models.yaml'], join(dir, 'models.yaml'), env);
  const problems = [
    ...findBrokenPromises(routes, durability),
    ...describeSplitKeys(routes, division),
    ...findMissingModels(routes, definitionsOfModels),
  ];
  if (problems.length > 0) throw new ConfigError(problems);
  const servers = definitions.map((one) =>
    pinned(
      withSecrets(one, (name) => readSecret(name, env)),
      lock,
    ),
  );
  const models = openModels(definitionsOfModels, {
    has: (name) => Boolean(env[name] || env[`${name}_FILE`]),
    read: (name) => readSecret(name, env),
  });
  const handlers = await loadHandlers(routes, files);
  return { version, routes: new RouteTable(routes), servers, handlers, models, schemas };
}

/** A server that is in the lock has its accepted tools and no other. */
function pinned(settings: ServerSettings, lock: ToolLock): ServerSettings {
  const tools = lock[settings.name];
  if (tools === undefined) return settings;
  return { ...settings, pins: Object.fromEntries(Object.entries(tools).map(([name, { pin }]) => [name, pin])) };
}

function findMissingModels(routes: readonly Route[], models: readonly ModelDefinition[]): string[] {
  const known = models.map(({ name }) => name);
  return routes.flatMap(({ id, action }) => {
    if (action.kind !== 'agent' || known.includes(action.model)) return [];
    return [`route ${id}: no model is called ${action.model}; in models.yaml: ${known.join(', ') || 'none'}`];
  });
}

/** What of the routes could not be kept together, as events are divided, as the problems of a start. */
export function describeSplitKeys(routes: readonly Route[], { partitions, isChanging }: Division): string[] {
  const split = routes.flatMap((route) =>
    findSplitKeys(route, partitions).map(({ detail, mend }) => `route ${route.id}: ${detail}: ${mend}`),
  );
  return isChanging ? [...split, ...routes.flatMap(describeGathering)] : split;
}

/** While the number of partitions is changed, consumers may differ for a moment about where a context is. What is in order asks its lane. */
function describeGathering(route: Route): string[] {
  const by = gatheredBy(route);
  if (by === undefined || route.action.kind !== 'agent' || route.action.contextBy === undefined) return [];
  const mend =
    'start with the configuration from before, since nothing settles without consumers, and wait until `partitions show` says settled; or write partitionkey';
  return [
    `route ${route.id}: agent.context ${by} cannot begin while the number of partitions is being changed: ${mend}`,
  ];
}

/** Guarantees that rest on a record which would not survive Redis. */
function findBrokenPromises(routes: readonly Route[], durability: Durability): string[] {
  if (durability !== 'memory') return [];
  return routes
    .filter(({ delivery }) => delivery === 'at-most-once')
    .map(({ id }) => `route ${id}: at-most-once cannot be kept with MILLRACE_DURABILITY=memory, set fsync`);
}
