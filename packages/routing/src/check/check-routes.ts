import { inspectRoutes, type RoutesInspection } from '../inspect-routes.js';
import { findGuaranteeProblems, type Keepers } from './check-guarantees.js';
import { findPartitionProblems } from './check-partitions.js';
import { findReachProblems } from './check-reach.js';
import { findToolProblems, type KnownTools } from './check-tools.js';

/** What a routes file is checked against. */
export interface RouteChecking extends Keepers {
  /** Names that routes may call. */
  readonly servers: ReadonlySet<string>;
  readonly tools: KnownTools;
  /** How many partitions the deployment has. Default 1. */
  readonly partitions?: number;
}

/**
 * Checks a routes file more closely than loading it does: also what is sound by itself and yet cannot work. The problems
 * are in the order of the file. The routes are those that are sound in themselves.
 */
export function checkRoutes(
  text: string,
  file: string,
  { servers, tools, partitions = 1, ...promises }: RouteChecking,
): RoutesInspection {
  const { routes, problems, locate } = inspectRoutes(text, file, servers);
  const all = [
    ...problems,
    ...findToolProblems(routes, tools, locate),
    ...findGuaranteeProblems(routes, tools, promises, locate),
    ...findPartitionProblems(routes, partitions, locate),
    ...findReachProblems(routes, locate),
  ];
  return { routes, locate, problems: all.sort((a, b) => a.line - b.line) };
}
