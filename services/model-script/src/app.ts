import {
  addProbes,
  addProblemHandlers,
  createHttpApp,
  type Logger,
  type Readiness,
  type Registry,
} from '@millrace/runtime';
import type { FastifyInstance } from 'fastify';
import { addCompletions, type CompletionsDependencies } from './endpoints/completions.js';
import { addScripts } from './endpoints/scripts.js';
import { addWitness } from './endpoints/witness.js';
import { problemFor } from './errors.js';

/** What the scripted model is made of. */
export interface AppDependencies extends CompletionsDependencies {
  readonly logger: Logger;
  readonly registry: Registry;
  readonly readiness: Readiness;
}

/** The scripted model over HTTP: an OpenAI-compatible endpoint, its scripts and the probes. */
export function createApp({ book, stopping, logger, registry, readiness }: AppDependencies): FastifyInstance {
  const app = createHttpApp(logger);
  // Other services end a silent connection; here a script may ask for silence, and it is the client's turn to give up.
  app.server.timeout = 0;
  addProblemHandlers(app, { problemFor });
  addProbes(app, registry, readiness);
  addCompletions(app, { book, stopping });
  addScripts(app, book);
  addWitness(app, book);
  return app;
}
