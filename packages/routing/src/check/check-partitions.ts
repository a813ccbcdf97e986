import type { ConfigProblem, Locate } from '@millrace/config-files';
import type { InspectedRoute } from '../inspect-routes.js';
import type { Route } from '../route.js';

/** An order or a context whose events may lie in several partitions. */
export interface SplitKey {
  /** Where it stands in the route. */
  readonly path: readonly string[];
  readonly detail: string;
  readonly mend: string;
}

/**
 * Orders and contexts of a route that several partitions would split. Each partition has its own lanes and contexts, so
 * only what goes by the partition key, as partitions do, is one and the same everywhere.
 */
export function findSplitKeys({ order, action }: Pick<Route, 'order' | 'action'>, partitions: number): SplitKey[] {
  if (partitions === 1) return [];
  const mend = `there are ${partitions} partitions, and only events of one partitionkey share one: write partitionkey`;
  const context = action.kind === 'agent' ? action.contextBy : undefined;
  return [
    ...(order === undefined || order.by === 'partitionkey'
      ? []
      : [{ path: ['ordered'], detail: `ordered by ${order.by}`, mend }]),
    ...(context === undefined || context === 'partitionkey'
      ? []
      : [{ path: ['agent', 'context'], detail: `agent.context ${context}`, mend }]),
  ];
}

/** As `findSplitKeys`, for all routes of a file. */
export function findPartitionProblems(
  routes: readonly InspectedRoute[],
  partitions: number,
  locate: Locate,
): ConfigProblem[] {
  return routes.flatMap(({ index, route }) =>
    findSplitKeys(route, partitions).map(({ path, detail, mend }) =>
      locate(['routes', index, ...path], `${detail} cannot be kept`, mend),
    ),
  );
}
