import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { InTrace } from './metrics/traced-histogram.js';
import type { Metrics } from './metrics.js';

/**
 * Measures every request of an app, by the pattern of its path and never the path itself. Register it before the endpoints;
 * probes and scrapes are left out. `traceOf` says which trace a request is part of, if any.
 */
export function addRequestMetrics(
  app: FastifyInstance,
  metrics: Metrics,
  traceOf: (request: FastifyRequest) => InTrace | undefined = () => undefined,
): void {
  app.addHook('onResponse', (request, reply, done) => {
    const { url: http_route, logLevel } = request.routeOptions;
    if (logLevel !== 'silent') {
      metrics.httpRequestDuration.observe(
        {
          http_request_method: request.method,
          http_route: http_route ?? 'none',
          http_response_status_code: reply.statusCode,
        },
        reply.elapsedTime / 1_000,
        traceOf(request),
      );
    }
    done();
  });
}
