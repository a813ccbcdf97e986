import { collectDefaultMetrics, Registry } from 'prom-client';
import { createBuildInfo } from './metrics/build-info.js';
import { createDeliveryMetrics } from './metrics/deliveries.js';
import { createIntakeMetrics } from './metrics/intake.js';
import { createModelMetrics } from './metrics/models.js';
import { createProcessMetrics } from './metrics/processes.js';
import { createRedisStateMetrics } from './metrics/redis-state.js';
import { createStreamStateMetrics } from './metrics/stream-state.js';
import { createToolCallMetrics } from './metrics/tool-calls.js';

/**
 * Every metric of the platform, its labels and its buckets, in one place; `docs/metrics.md` is made from it. What
 * OpenTelemetry has a name for (HTTP, messaging, MCP) is called that, in Prometheus' form; the rest begins `millrace_`.
 * No label ever holds an id: series stay bounded by the configuration (routes, servers), by short lists of words (outcome,
 * error code), and for names from elsewhere (event types, tools) by `createBoundedLabel`.
 */
export function createMetrics(registry: Registry) {
  return {
    ...createIntakeMetrics(registry),
    ...createDeliveryMetrics(registry),
    ...createToolCallMetrics(registry),
    ...createModelMetrics(registry),
    ...createProcessMetrics(registry),
    ...createStreamStateMetrics(registry),
    ...createRedisStateMetrics(registry),
  };
}

export type Metrics = ReturnType<typeof createMetrics>;

/**
 * A registry with the process's own figures (event loop, memory, descriptors) and what it was built from already in it. One
 * per process.
 */
export function createRegistry(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  createBuildInfo(registry);
  return registry;
}

export type { Registry } from 'prom-client';
