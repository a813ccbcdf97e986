export { findSplitKeys, gatheredBy, type SplitKey } from './check/check-partitions.js';
export { checkRoutes, type RouteChecking } from './check/check-routes.js';
export type { KnownTool, KnownTools } from './check/check-tools.js';
export { createEditorSchemas, type JsonSchema } from './editor-schemas.js';
export { ExpressionError, RouteError } from './errors.js';
export { type EventView, viewOf } from './event-view.js';
export type { InspectedRoute, RoutesInspection } from './inspect-routes.js';
export { type Match, matchAtOnce, matchRoute, matchRoutes } from './match.js';
export { type ModelDefinition, parseModels } from './parse-models.js';
export { parseRoutes } from './parse-routes.js';
export { parseServers, type ServerDefinition } from './parse-servers.js';
export { parseToolLock, type ToolLock } from './parse-tool-lock.js';
export { type Preview, previewRoute } from './preview.js';
export type {
  Action,
  AgentAction,
  CallAction,
  Guarantee,
  HandlerAction,
  Idempotency,
  Order,
  Route,
  ToolTarget,
} from './route.js';
export { RouteTable } from './route-table.js';
