import type { EventSchemas } from '@millrace/config-files';
import {
  addProbes,
  addProblemHandlers,
  createHttpApp,
  type Logger,
  type Metrics,
  type Problem,
  type Readiness,
  type Registry,
  requireKey,
} from '@millrace/runtime';
import type { Appender } from '@millrace/stream-client';
import type { FastifyInstance } from 'fastify';
import { createAcceptEvent } from './accept-event.js';
import type { ProducerConfig } from './config.js';
import { addDocs } from './docs.js';
import { MAX_BATCH_BYTES } from './endpoints/batch.js';
import { addEvents } from './endpoints/events.js';
import { addRecordStream } from './endpoints/record-stream.js';
import { addRecords } from './endpoints/records.js';
import { problemFor } from './error-handler.js';
import { BATCH_TYPE } from './parse-request.js';
import type { RecordReader } from './record-reader.js';
import { createSlots } from './slots.js';

/** What the app is made of; `main.ts` builds it from the real parts, tests from small ones. */
export interface AppParts {
  readonly config: Pick<
    ProducerConfig,
    'apiKey' | 'appendDeadlineMs' | 'defaultSource' | 'maxEventBytes' | 'maxRecordStreams' | 'maxWaiters'
  >;
  readonly appender: Pick<Appender, 'append'>;
  readonly records: RecordReader;
  /** The schemas that data are checked against, by event type. */
  readonly schemas: EventSchemas;
  readonly readiness: Readiness;
  readonly metrics: Metrics;
  readonly registry: Registry;
  readonly logger: Logger;
}

/**
 * The producer's HTTP app, not yet listening. While it closes, requests in flight get their answers: those who wait for
 * an outcome are told 202, open record streams end, idle connections are closed.
 */
export async function createApp(parts: AppParts): Promise<FastifyInstance> {
  const { config, metrics, records } = parts;
  const app = createHttpApp(parts.logger);
  const closing = new AbortController();
  app.addHook('preClose', (done) => {
    closing.abort();
    done();
  });

  const countRefusal = ({ code }: Problem) => metrics.eventsAccepted.labels(code).inc();
  addProblemHandlers(app, {
    problemFor,
    onProblem: ({ routeOptions, method }, problem) => {
      if (method === 'POST' && routeOptions.url === '/v1/events') countRefusal(problem);
    },
  });
  keepBodiesAsBytes(app, config.maxEventBytes);
  addProbes(app, parts.registry, parts.readiness);
  await addDocs(app);

  await app.register(async (api) => {
    if (config.apiKey !== undefined) api.addHook('onRequest', requireKey(config.apiKey));
    addEvents(api, {
      acceptEvent: createAcceptEvent({ appender: parts.appender, metrics, schemas: parts.schemas }),
      records,
      waiters: createSlots(config.maxWaiters),
      defaultSource: config.defaultSource,
      maxEventBytes: config.maxEventBytes,
      onRefusal: countRefusal,
      closing: closing.signal,
    });
    addRecords(api, records);
    addRecordStream(api, { records, slots: createSlots(config.maxRecordStreams), closing: closing.signal });
  });
  return app;
}

/** Every body reaches its handler as the bytes that were sent; beyond its limit it is refused while it still arrives. */
function keepBodiesAsBytes(app: FastifyInstance, maxEventBytes: number): void {
  app.removeAllContentTypeParsers();
  const parseAs = 'buffer';
  app.addContentTypeParser(BATCH_TYPE, { parseAs, bodyLimit: MAX_BATCH_BYTES }, (_request, body, done) =>
    done(null, body),
  );
  app.addContentTypeParser('*', { parseAs, bodyLimit: maxEventBytes }, (_request, body, done) => done(null, body));
}
