export {
  type Access,
  bearerOf,
  digestOfKey,
  findOpenDoor,
  isLoopback,
  requireKey,
  unauthenticated,
} from './access.js';
export { createBoundedLabel, OTHER } from './bounded-label.js';
export { type DescribedApi, describeApi, describeHttp } from './describe-http.js';
export { describeMetrics } from './describe-metrics.js';
export { describeSettings, type ServiceSettings } from './describe-settings.js';
export { addDocs } from './docs.js';
export { ConfigError, flag, integer, port, readEnv, readSecret } from './env.js';
export { closeIdleConnectionsOnClose, prepareFarewell } from './http.js';
export { createHttpApp } from './http-app.js';
export { Lifecycle, runService, type Stoppable } from './lifecycle.js';
export { createLogger, type Logger } from './logger.js';
export { toMarkdownTable } from './markdown-table.js';
export { bindCounter, bindHistogram } from './metrics/bound-series.js';
export type { InTrace } from './metrics/traced-histogram.js';
export { createMetrics, createRegistry, type Metrics, type Registry } from './metrics.js';
export { openApiHeader, openApiRefusal, openApiUnauthenticated, problemSchema } from './openapi-parts.js';
export { addProbes, type Readiness } from './probes.js';
export { describeProblem, PROBLEM_TYPE, type Problem, ProblemError, type ProblemItem } from './problem.js';
export { addProblemHandlers, type ProblemHandling, problemServerOptions, sendProblem } from './problem-handlers.js';
export { createRedisReport } from './redis-report.js';
export { reportMap } from './report-map.js';
export { addRequestMetrics } from './request-metrics.js';
export {
  ACCESS_SETTINGS,
  APPEND_SETTINGS,
  CONFIG_SETTINGS,
  findStreamProblems,
  PROCESS_SETTINGS,
  STREAM_SETTINGS,
  TRACE_SETTINGS,
  toStreamConfig,
  toTraceSettings,
} from './shared-settings.js';
