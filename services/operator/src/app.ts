import {
  addDocs,
  addProbes,
  addProblemHandlers,
  addRequestMetrics,
  createHttpApp,
  isLoopback,
  type Logger,
  type Metrics,
  type Readiness,
  type Registry,
} from '@millrace/runtime';
import type { Appender, Partitions } from '@millrace/stream-client';
import type { FastifyInstance } from 'fastify';
import type { OperatorKey } from './access/operator-keys.js';
import { allKeys, requirePerson } from './access/require-person.js';
import type { Audit } from './audit.js';
import type { OperatorConfig } from './config.js';
import type { ConsoleFiles } from './console-files.js';
import { takeEvents } from './endpoints/append-checked.js';
import { addAnswer, addApprovals } from './endpoints/approvals.js';
import { addAudit } from './endpoints/audit.js';
import { addConsole } from './endpoints/console.js';
import { addConsumers } from './endpoints/consumers.js';
import { addContexts } from './endpoints/contexts.js';
import { addDeadLetterCauses } from './endpoints/dead-letter-causes.js';
import { addDeadLetterJobs } from './endpoints/dead-letter-jobs.js';
import { addResolve } from './endpoints/dead-letter-resolve.js';
import { addDeadLetters } from './endpoints/dead-letters.js';
import { addEvents } from './endpoints/events.js';
import { addLiveStream } from './endpoints/live-stream.js';
import { addMe } from './endpoints/me.js';
import { addOverview } from './endpoints/overview.js';
import { addPartitions, addPartitionsChange } from './endpoints/partitions.js';
import { addPauses, addPausing } from './endpoints/pauses.js';
import { addRecords } from './endpoints/records.js';
import { addReplay } from './endpoints/replay.js';
import { addRoutes } from './endpoints/routes.js';
import { addSend } from './endpoints/send.js';
import { addServers } from './endpoints/servers.js';
import { addSystem } from './endpoints/system.js';
import { addTryRoute } from './endpoints/try-route.js';
import { problemFor } from './error-handler.js';
import { guardAnswers } from './guard-answers.js';
import type { LiveFeed } from './live/live-feed.js';
import type { Overview } from './live/overview.js';
import type { PauseWatch } from './live/pause-watch.js';
import { openApiDocument } from './openapi/document.js';
import type { Samples } from './partitions/samples.js';
import { refuseForeignPages } from './refuse-foreign-pages.js';
import { RouteFiles } from './route-files.js';
import { SchemaFiles } from './schema-files.js';
import { takeJsonBodies } from './take-json-bodies.js';

/** What the app is made of. */
export interface AppParts {
  readonly config: Pick<OperatorConfig, 'host' | 'key' | 'configDir' | 'maxEventBytes' | 'redaction'> &
    Partial<Pick<OperatorConfig, 'keys'>>;
  /** The keys that let somebody in now; left out, those of `config`. */
  readonly keysNow?: () => readonly OperatorKey[];
  readonly partitions: Partitions;
  /** The state of all partitions, as it was looked at last. */
  readonly samples: Samples;
  /** Takes what is sent again. */
  readonly appender: Pick<Appender, 'append'>;
  readonly readiness: Readiness;
  readonly metrics: Metrics;
  readonly registry: Registry;
  readonly logger: Logger;
  readonly audit: Audit;
  /** The console; undefined: it was not built, and there is none. */
  readonly consoleFiles?: ConsoleFiles | undefined;
  readonly overview: Overview;
  readonly live: LiveFeed;
  readonly pauses: PauseWatch;
  /** The time of day, in ms; left out, this machine's. */
  readonly nowMs?: () => number;
  /** Told that a job over dead letters was started: somebody has to run it. */
  readonly onJobStarted: () => void;
}

/**
 * The operator's HTTP app, not yet listening. Probes, metrics, documentation and the console's
 * own files are open to everybody; the rest
 * asks for the key, and refuses the web pages of others. What somebody changes is logged and listed.
 */
export async function createApp(parts: AppParts): Promise<FastifyInstance> {
  const { config, partitions, samples, readiness, registry, logger, audit } = parts;
  // What is of the deployment, and not of a partition, is at home.
  const { home } = partitions;
  const app = createHttpApp(logger);
  addRequestMetrics(app, parts.metrics);
  guardAnswers(app);
  addProblemHandlers(app, { problemFor });
  const routeFiles = new RouteFiles(config.configDir, home.settings.durability);
  const closing = new AbortController();
  app.addHook('preClose', async () => closing.abort());
  dropBodies(app);
  addProbes(app, registry, readiness);
  await addDocs(app, openApiDocument);
  if (parts.consoleFiles !== undefined) addConsole(app, parts.consoleFiles);

  await app.register(async (api) => {
    const keys = allKeys(config.key, config.keys ?? []);
    const keysNow = parts.keysNow ?? (() => keys);
    const isOpenToThisMachine = keysNow().length === 0 && isLoopback(config.host);
    api.addHook('onRequest', refuseForeignPages(isOpenToThisMachine ? 'loopback' : 'any'));
    requirePerson(api, keysNow);
    api.addHook('onSend', async (_request, reply) => void reply.header('cache-control', 'no-store'));
    addOverview(api, parts.overview);
    addLiveStream(api, { ...parts, closing: closing.signal });
    const { redaction } = config;
    addEvents(api, partitions, redaction);
    addRecords(api, partitions, redaction, audit);
    addDeadLetters(api, partitions, redaction, audit);
    addDeadLetterCauses(api, partitions, redaction);
    addApprovals(api, partitions, redaction);
    addConsumers(api, samples);
    addServers(api, home, samples, parts.nowMs);
    addRoutes(api, home, samples, routeFiles);
    addPauses(api, home);
    addContexts(api, partitions, redaction, audit);
    addAudit(api, home);
    addPartitions(api, partitions);
    addSystem(api, partitions, samples, parts.nowMs);
    addMe(api);
    await api.register(async (withEvents) => {
      const { maxEventBytes } = config;
      const sending = { ...parts, schemaFiles: new SchemaFiles(config.configDir), maxEventBytes };
      takeEvents(withEvents, maxEventBytes);
      addSend(withEvents, sending);
      addReplay(withEvents, { ...sending, redaction });
    });
    await api.register(async (withBodies) => {
      takeJsonBodies(withBodies);
      addTryRoute(withBodies, partitions, routeFiles, redaction);
      addPartitionsChange(withBodies, partitions, audit);
      addResolve(withBodies, partitions, audit);
      addAnswer(withBodies, partitions, audit);
      addPausing(withBodies, 'route', home, audit);
      addPausing(withBodies, 'server', home, audit);
      addDeadLetterJobs(withBodies, 'redrive', { ...parts, redaction });
      addDeadLetterJobs(withBodies, 'purge', { ...parts, redaction });
    });
  });
  return app;
}

/** Most paths here read no body: one that comes along, or is only announced by its content type, is no reason to refuse. */
function dropBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, _body, done) => done(null));
}
