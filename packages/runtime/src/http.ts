import type { FastifyInstance } from 'fastify';

/**
 * Lets `app.close()` finish. Node keeps idle keep-alive connections open, and `close` waits for them, up to 72 s by
 * default; so from the moment of closing, connections are swept as they fall idle. Requests in flight still get their
 * answers. Register once, before `listen`.
 */
export function closeIdleConnectionsOnClose(app: FastifyInstance): void {
  let sweep: NodeJS.Timeout | undefined;
  app.addHook('preClose', (done) => {
    sweep = setInterval(() => app.server.closeIdleConnections(), 50);
    done();
  });
  app.addHook('onClose', (_instance, done) => {
    clearInterval(sweep);
    done();
  });
}
