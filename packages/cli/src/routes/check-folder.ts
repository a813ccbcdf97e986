import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ConfigProblem, loadEventSchemas, SchemaError } from '@millrace/config-files';
import {
  checkRoutes,
  type KnownTools,
  parseServers,
  type Route,
  RouteError,
  type RoutesInspection,
} from '@millrace/routing';
import type { CliConfig } from '../config.js';
import { CliError } from '../errors.js';
import { type FetchTools, NO_TOOLS } from './known-tools.js';

/** What was found out about a configuration folder. */
export interface FolderReport {
  /** In the order of files and lines. */
  readonly problems: readonly ConfigProblem[];
  /** What could not be checked, and why; one line each. */
  readonly unchecked: readonly string[];
  /** Routes that are sound in themselves. */
  readonly routes: readonly Route[];
  readonly tools: KnownTools;
}

/** Checks a folder as a whole. Throws CLI_USAGE when its files cannot be read; what is in them is never thrown. */
export async function checkFolder(
  dir: string,
  { durability, partitions, environment }: CliConfig,
  fetchTools: FetchTools,
): Promise<FolderReport> {
  const [serversFile, routesFile] = [join(dir, 'servers.yaml'), join(dir, 'routes.yaml')];
  const [serversText, routesText] = await Promise.all([readText(serversFile), readText(routesFile)]);
  const servers = collect(() => parseServers(serversText, serversFile, environment));
  // Names are known though their settings may be wrong: a route that calls one of them is not to blame for that.
  const definitions = 'value' in servers ? servers.value : [];
  const names = 'value' in servers ? definitions.map(({ name }) => name) : namesIn(serversText);
  const { tools, unchecked } = 'value' in servers ? await fetchTools(definitions) : NO_TOOLS;
  const trusted = new Set(definitions.flatMap((one) => (one.trustAnnotations ? [one.name] : [])));
  const checking = { servers: new Set(names), tools, durability, partitions, trusted };
  const checked = checkRoutes(routesText, routesFile, checking);
  const problems = [
    ...('problems' in servers ? servers.problems : []),
    ...checked.problems,
    ...(await findMissingHandlers(dir, checked)),
    ...(await findSchemaProblems(dir)),
  ];
  return { problems, unchecked, routes: checked.routes.map(({ route }) => route), tools };
}

function collect<T>(parse: () => T): { readonly value: T } | { readonly problems: readonly ConfigProblem[] } {
  try {
    return { value: parse() };
  } catch (error) {
    if (error instanceof RouteError) return { problems: error.problems };
    throw error;
  }
}

/** The names of the servers in a file that has problems, as far as its lines show them. */
function namesIn(text: string): string[] {
  return [...text.matchAll(/^ {2}([a-z0-9][a-z0-9-]*):/gm)].map(([, name = '']) => name);
}

async function findMissingHandlers(dir: string, { routes, locate }: RoutesInspection): Promise<ConfigProblem[]> {
  const missing = routes.map(async ({ index, route: { action } }) => {
    if (action.kind !== 'handler' || (await exists(join(dir, action.file)))) return [];
    const detail = `there is no file ${join(dir, action.file)}`;
    return [locate(['routes', index, 'handler'], detail, 'write it, or mend the path')];
  });
  return (await Promise.all(missing)).flat();
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}

async function findSchemaProblems(dir: string): Promise<readonly ConfigProblem[]> {
  try {
    await loadEventSchemas(join(dir, 'schemas'));
    return [];
  } catch (error) {
    if (error instanceof SchemaError) return error.problems;
    throw error;
  }
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new CliError('CLI_USAGE', `cannot read ${file} (${code}): --config names the folder`, { cause: error });
  }
}
