import { createHash } from 'node:crypto';
import { type ConfigProblem, type Locate, readYaml } from '@millrace/config-files';
import { compileRoute } from './compile-route.js';
import { nearestWord } from './nearest-word.js';
import type { Route } from './route.js';
import { ROUTE_WORDS, type RouteSource, routesFileSchema } from './route-schema.js';

/** A route that is sound in itself, as it was written and compiled, and where it stands in the file. */
export interface InspectedRoute {
  readonly index: number;
  readonly source: RouteSource;
  readonly route: Route;
}

/** What a routes file holds: the sound routes, and everything that is wrong with the others. */
export interface RoutesInspection {
  readonly routes: readonly InspectedRoute[];
  readonly problems: readonly ConfigProblem[];
  readonly locate: Locate;
}

/** Reads a routes file as a whole; never throws for what is in it. See `parseRoutes` for the arguments. */
export function inspectRoutes(
  text: string,
  file: string,
  servers: ReadonlySet<string>,
  version = createHash('sha256').update(text).digest('hex').slice(0, 12),
): RoutesInspection {
  const read = readYaml(text, file, routesFileSchema);
  if ('problems' in read) {
    const locate: Locate = (path, detail) => ({ file, line: 1, pointer: path.join('/'), detail });
    return { routes: [], problems: read.problems.map(suggestWord), locate };
  }
  const { locate } = read;
  const problems: ConfigProblem[] = findReferenceProblems(read.value.routes, servers, locate);
  const routes = read.value.routes.flatMap((source, index) => {
    const compiled = compileRoute(source, version);
    if ('route' in compiled) return [{ index, source, route: compiled.route }];
    problems.push(
      ...compiled.problems.map(({ path, detail, mend }) => locate(['routes', index, ...path], detail, mend)),
    );
    return [];
  });
  return { routes, problems, locate };
}

function suggestWord(problem: ConfigProblem): ConfigProblem {
  const unknown = /^unknown: (.+)$/.exec(problem.detail)?.[1];
  const meant = unknown === undefined ? undefined : nearestWord(unknown, ROUTE_WORDS);
  return meant === undefined ? problem : { ...problem, mend: `did you mean \`${meant}\`?` };
}

function findReferenceProblems(sources: readonly RouteSource[], servers: ReadonlySet<string>, locate: Locate) {
  const problems: ConfigProblem[] = [];
  const seen = new Set<string>();
  for (const [index, { id, call, agent, retry }] of sources.entries()) {
    if (seen.has(id)) problems.push(locate(['routes', index, 'id'], `${id} is used by a route above; ids are unique`));
    seen.add(id);
    for (const server of call === undefined ? [] : [call.server, ...(call.equivalents ?? [])]) {
      if (servers.has(server)) continue;
      const known = [...servers].join(', ') || 'none';
      const detail = `no server is called ${server}; configured: ${known}`;
      const key = call?.equivalents === undefined ? 'server' : 'anyOf';
      problems.push(locate(['routes', index, 'call', key], detail, mendServer(server, servers)));
    }
    for (const list of ['tools', 'resources'] as const) {
      for (const [at, name] of (agent?.[list] ?? []).entries()) {
        const server = name.slice(0, name.indexOf('/'));
        if (servers.has(server)) continue;
        const detail = `no server is called ${server}`;
        problems.push(locate(['routes', index, 'agent', list, at], detail, mendServer(server, servers)));
      }
    }
    if (retry.max < retry.initial) {
      problems.push(locate(['routes', index, 'retry', 'max'], 'is shorter than initial', 'make it at least as long'));
    }
  }
  return problems;
}

function mendServer(server: string, servers: ReadonlySet<string>): string {
  const meant = nearestWord(server, servers);
  return meant === undefined ? 'add it to servers.yaml' : `did you mean \`${meant}\`?`;
}
