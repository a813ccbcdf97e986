import { RouteError } from './errors.js';
import { inspectRoutes } from './inspect-routes.js';
import type { Route } from './route.js';

/**
 * Checks a routes file as a whole and compiles it. `servers` are the names that routes may call. Routes keep their order.
 * `version` is what their deliveries will name; left out, it is a digest of the text. Throws `RouteError` with every
 * problem at once: what is wrong, in which line.
 */
export function parseRoutes(
  text: string,
  file: string,
  servers: ReadonlySet<string>,
  version?: string,
): readonly Route[] {
  const { routes, problems } = inspectRoutes(text, file, servers, version);
  if (problems.length > 0) throw new RouteError(problems);
  return routes.map(({ route }) => route);
}
