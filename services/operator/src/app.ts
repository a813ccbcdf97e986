import {
  addProbes,
  addProblemHandlers,
  createHttpApp,
  isLoopback,
  type Logger,
  type Readiness,
  type Registry,
  requireKey,
} from '@millrace/runtime';
import type { Stream } from '@millrace/stream-client';
import type { FastifyInstance } from 'fastify';
import type { OperatorConfig } from './config.js';
import { addConsumers } from './endpoints/consumers.js';
import { addDeadLetters } from './endpoints/dead-letters.js';
import { addRecords } from './endpoints/records.js';
import { problemFor } from './error-handler.js';
import { refuseForeignPages } from './refuse-foreign-pages.js';

/** What the app is made of. */
export interface AppParts {
  readonly config: Pick<OperatorConfig, 'host' | 'key'>;
  readonly stream: Stream;
  readonly readiness: Readiness;
  readonly registry: Registry;
  readonly logger: Logger;
}

/**
 * The operator's HTTP app, not yet listening. Probes and metrics are open to everybody; the rest asks for the key, and
 * refuses the web pages of others. What somebody changes is logged.
 */
export async function createApp({ config, stream, readiness, registry, logger }: AppParts): Promise<FastifyInstance> {
  const app = createHttpApp(logger);
  addProblemHandlers(app, { problemFor });
  dropBodies(app);
  addProbes(app, registry, readiness);

  await app.register(async (api) => {
    const isOpenToThisMachine = config.key === undefined && isLoopback(config.host);
    api.addHook('onRequest', refuseForeignPages(isOpenToThisMachine ? 'loopback' : 'any'));
    if (config.key !== undefined) api.addHook('onRequest', requireKey(config.key));
    api.addHook('onSend', async (_request, reply) => void reply.header('cache-control', 'no-store'));
    addRecords(api, stream);
    addDeadLetters(api, stream);
    addConsumers(api, stream);
  });
  return app;
}

/** No path here reads a body: one that comes along, or is only announced by its content type, is no reason to refuse. */
function dropBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, _body, done) => done(null));
}
