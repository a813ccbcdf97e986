import type { ConfigProblem, Locate } from '@millrace/config-files';
import type { InspectedRoute } from '../inspect-routes.js';
import type { Route } from '../route.js';

/** Contexts whose events would lie in several partitions. */
export interface SplitKey {
  /** Where it stands in the route. */
  readonly path: readonly string[];
  readonly detail: string;
  readonly mend: string;
}

type Keyed = Pick<Route, 'order' | 'action'>;

/**
 * By what the deliveries of a route come together, where that is not what events are divided by: with several partitions, each
 * of them goes on in the partition of this key. Undefined where they stay where their events are.
 */
export function gatheredBy({ order, action }: Keyed): string | undefined {
  const by = order?.by ?? contextOf(action);
  return by === 'partitionkey' ? undefined : by;
}

/**
 * Contexts of a route that several partitions would split. A delivery can go to the partition of one key: of its order,
 * where it has one. So a context by another key would be in as many parts as there are partitions.
 */
export function findSplitKeys({ order, action }: Keyed, partitions: number): SplitKey[] {
  const context = contextOf(action);
  if (partitions === 1 || order === undefined || context === undefined || context === order.by) return [];
  const mend = `there are ${partitions} partitions, and deliveries go to that of the key they are ordered by, ${order.by}: write the same for both`;
  return [{ path: ['agent', 'context'], detail: `agent.context ${context}`, mend }];
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

function contextOf(action: Route['action']): string | undefined {
  return action.kind === 'agent' ? action.contextBy : undefined;
}
