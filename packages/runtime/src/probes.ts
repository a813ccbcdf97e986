import type { FastifyInstance } from 'fastify';
import type { Registry } from './metrics.js';
import { OPEN_METRICS_TYPE, toOpenMetrics, wantsOpenMetrics } from './open-metrics.js';

/** Whether a process is fit for work, and why not. */
export interface Readiness {
  /** Reasons against; empty means ready. Called for each probe, so it must be cheap and must not wait. */
  problems(): readonly string[];
}

/**
 * Adds `/livez` (the process runs), `/readyz` (it can do its work; 503 with the reasons otherwise) and `/metrics`
 * (Prometheus text, or OpenMetrics for whoever asks for that). They stay out of the request log; registered before OpenAPI, they stay out of that too.
 */
export function addProbes(app: FastifyInstance, registry: Registry, readiness: Readiness): void {
  const options = { logLevel: 'silent' } as const;
  app.get('/livez', options, async () => ({ status: 'ok' }));
  app.get('/readyz', options, async (_request, reply) => {
    const problems = readiness.problems();
    return reply
      .code(problems.length === 0 ? 200 : 503)
      .send({ status: problems.length === 0 ? 'ok' : 'not ready', problems });
  });
  app.get('/metrics', options, async ({ headers }, reply) => {
    void reply.header('vary', 'accept');
    return wantsOpenMetrics(headers.accept)
      ? reply.header('content-type', OPEN_METRICS_TYPE).send(await toOpenMetrics(registry))
      : reply.header('content-type', registry.contentType).send(await registry.metrics());
  });
}
