import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ServerSettings } from '@millrace/mcp-client';
import { parseRoutes, parseServers, type Route, type ServerDefinition } from '@millrace/routing';
import { ConfigError, readSecret } from '@millrace/runtime';
import type { Durability } from '@millrace/stream-client';

/** The configuration folder, read and checked. */
export interface RoutesAndServers {
  readonly routes: readonly Route[];
  readonly servers: readonly ServerSettings[];
}

/** Reads `servers.yaml` and `routes.yaml`. Throws `RouteError` or `ConfigError` with every problem of a file at once. */
export async function loadRoutes(
  dir: string,
  env: NodeJS.ProcessEnv,
  durability: Durability,
): Promise<RoutesAndServers> {
  const definitions = parseServers(await readText(dir, 'servers.yaml'), join(dir, 'servers.yaml'), env);
  const names = new Set(definitions.map(({ name }) => name));
  const routes = parseRoutes(await readText(dir, 'routes.yaml'), join(dir, 'routes.yaml'), names);
  const problems = findBrokenPromises(routes, durability);
  if (problems.length > 0) throw new ConfigError(problems);
  return { routes, servers: definitions.map((definition) => withToken(definition, env)) };
}

/** Guarantees that rest on a record which would not survive Redis. */
function findBrokenPromises(routes: readonly Route[], durability: Durability): string[] {
  if (durability !== 'memory') return [];
  return routes
    .filter(({ delivery }) => delivery === 'at-most-once')
    .map(({ id }) => `route ${id}: at-most-once cannot be kept with MILLRACE_DURABILITY=memory, set fsync`);
}

function withToken({ bearerTokenFrom, ...server }: ServerDefinition, env: NodeJS.ProcessEnv): ServerSettings {
  if (bearerTokenFrom === undefined) return server;
  return { ...server, bearerToken: readSecret(bearerTokenFrom, env) };
}

async function readText(dir: string, file: string): Promise<string> {
  try {
    return await readFile(join(dir, file), 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ConfigError([`MILLRACE_CONFIG: cannot read ${join(dir, file)} (${code})`]);
  }
}
