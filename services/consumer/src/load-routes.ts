import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ServerSettings } from '@millrace/mcp-client';
import { parseRoutes, parseServers, type Route, type ServerDefinition } from '@millrace/routing';
import { ConfigError, readSecret } from '@millrace/runtime';

/** The configuration folder, read and checked. */
export interface RoutesAndServers {
  readonly routes: readonly Route[];
  readonly servers: readonly ServerSettings[];
}

/** Reads `servers.yaml` and `routes.yaml`. Throws `RouteError` or `ConfigError` with every problem of a file at once. */
export async function loadRoutes(dir: string, env: NodeJS.ProcessEnv): Promise<RoutesAndServers> {
  const definitions = parseServers(await readText(dir, 'servers.yaml'), join(dir, 'servers.yaml'), env);
  const names = new Set(definitions.map(({ name }) => name));
  const routes = parseRoutes(await readText(dir, 'routes.yaml'), join(dir, 'routes.yaml'), names);
  return { routes, servers: definitions.map((definition) => withToken(definition, env)) };
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
