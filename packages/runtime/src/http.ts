import { promisify } from 'node:util';
import { sleep } from '@millrace/core';
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

/** Between two looks at the connections that are left, in ms. */
const LOOK_MS = 20;

/**
 * Prepares to part from clients that keep their connections open. What is returned is called when a process is to stop,
 * before `app.close()`: from then on each answer ends its connection, new ones are still taken, and it resolves once none
 * is left, or after `limitMs`. Closing right away would cut connections on which a client is just sending its next
 * request, which it then does not know to be lost. Register once, before `listen`.
 */
export function prepareFarewell(app: FastifyInstance): (limitMs: number) => Promise<void> {
  let isLeaving = false;
  app.addHook('onSend', (_request, reply, _payload, done) => {
    if (isLeaving) reply.header('connection', 'close');
    done();
  });
  const countConnections = promisify(app.server.getConnections.bind(app.server));
  return async (limitMs) => {
    isLeaving = true;
    const leaveAt = performance.now() + limitMs;
    while (performance.now() < leaveAt && (await countConnections()) > 0) await sleep(LOOK_MS);
  };
}
