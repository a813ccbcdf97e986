import { createHash } from 'node:crypto';
import { type ConfigProblem, type Locate, readYaml } from '@millrace/config-files';
import { compileRoute } from './compile-route.js';
import { RouteError } from './errors.js';
import type { Route } from './route.js';
import { type RouteSource, routesFileSchema } from './route-schema.js';

/**
 * Checks a routes file as a whole and compiles it. `servers` are the names that routes may call. Routes keep their order.
 * `version` is what their deliveries will name; left out, it is a digest of the text. Throws `RouteError` with every
 * problem at once: what is wrong, in which line.
 */
export function parseRoutes(
  text: string,
  file: string,
  servers: ReadonlySet<string>,
  version = createHash('sha256').update(text).digest('hex').slice(0, 12),
): readonly Route[] {
  const read = readYaml(text, file, routesFileSchema);
  if ('problems' in read) throw new RouteError(read.problems);
  const problems: ConfigProblem[] = findReferenceProblems(read.value.routes, servers, read.locate);
  const routes = read.value.routes.map((source, index) => {
    const compiled = compileRoute(source, version);
    if ('route' in compiled) return compiled.route;
    problems.push(...compiled.problems.map(({ path, detail }) => read.locate(['routes', index, ...path], detail)));
    return undefined;
  });
  if (problems.length > 0) throw new RouteError(problems);
  return routes.filter((route) => route !== undefined);
}

function findReferenceProblems(sources: readonly RouteSource[], servers: ReadonlySet<string>, locate: Locate) {
  const problems: ConfigProblem[] = [];
  const seen = new Set<string>();
  for (const [index, { id, call, retry }] of sources.entries()) {
    if (seen.has(id)) problems.push(locate(['routes', index, 'id'], `${id} is used by a route above; ids are unique`));
    seen.add(id);
    if (call !== undefined && !servers.has(call.server)) {
      const known = [...servers].join(', ') || 'none';
      problems.push(
        locate(['routes', index, 'call', 'server'], `no server is called ${call.server}; configured: ${known}`),
      );
    }
    if (retry.max < retry.initial) problems.push(locate(['routes', index, 'retry', 'max'], 'is shorter than initial'));
  }
  return problems;
}
