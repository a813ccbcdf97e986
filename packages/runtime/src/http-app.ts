import { type FastifyBaseLogger, type FastifyInstance, fastify, LogController } from 'fastify';
import { closeIdleConnectionsOnClose } from './http.js';
import type { Logger } from './logger.js';
import { problemServerOptions } from './problem-handlers.js';

/** For a whole request, headers and body, to arrive, in ms. Node alone would wait for a slow body without end. */
const REQUEST_TIMEOUT_MS = 10_000;
/** How often requests are checked against that limit, in ms. */
const REQUEST_CHECK_MS = 1_000;
/** Silence on a connection with a request under way, in ms: longer than any answer of ours is held back. */
const SILENCE_TIMEOUT_MS = 75_000;
const MAX_CONNECTIONS = 10_000;
/** In characters: refs, dead letter ids and route names are shorter. */
const MAX_PATH_PARAMETER = 200;

/**
 * An HTTP app with nothing in it yet that a slow or broken client cannot hold up: a request must arrive within 10 s, else
 * it is answered 408; broken HTTP is answered with a problem; `close` lets requests in flight finish, those that come in
 * meanwhile on open connections included, and then waits for nobody. Requests are not logged one by one: on the hot path
 * the line would cost more than the request, and counting is what metrics are for.
 */
export function createHttpApp(logger: Logger): FastifyInstance {
  const loggerInstance: FastifyBaseLogger = logger;
  const app: FastifyInstance = fastify({
    ...problemServerOptions,
    http: {
      requestTimeout: REQUEST_TIMEOUT_MS,
      headersTimeout: REQUEST_TIMEOUT_MS,
      connectionsCheckingInterval: REQUEST_CHECK_MS,
    },
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionTimeout: SILENCE_TIMEOUT_MS,
    routerOptions: { maxParamLength: MAX_PATH_PARAMETER },
    loggerInstance,
    logController: new LogController({ disableRequestLogging: true }),
    // A logger of its own for each request would be made even though nothing is logged.
    childLoggerFactory: (parent) => parent,
    return503OnClosing: false,
  });
  app.server.maxConnections = MAX_CONNECTIONS;
  closeIdleConnectionsOnClose(app);
  return app;
}
