import type { Route } from '@millrace/routing';
import type { AnnouncedConfiguration, KeyedRoute } from '@millrace/stream-client';
import type { CheckedConfiguration } from './check-configuration.js';

/** What others are told of a configuration: what it has, by name. */
export function contentsOf({
  version,
  routes,
  servers,
}: Pick<CheckedConfiguration, 'version' | 'routes' | 'servers'>): Required<AnnouncedConfiguration> {
  return {
    version,
    routes: routes.all.map(({ id }) => id),
    servers: servers.map(({ name }) => name),
    keyed: routes.all.flatMap(keysOf),
    asksByMap: true,
  };
}

function keysOf({ id: route, order, action }: Route): KeyedRoute[] {
  return [
    ...(order === undefined ? [] : [{ route, what: 'ordered' as const, by: order.by }]),
    ...(action.kind !== 'agent' || action.contextBy === undefined
      ? []
      : [{ route, what: 'context' as const, by: action.contextBy }]),
  ];
}
