import type { EventSchemas } from '@millrace/config-files';
import {
  addDocs,
  addProbes,
  addProblemHandlers,
  addRequestMetrics,
  createHttpApp,
  type Logger,
  type Metrics,
  type Problem,
  type Readiness,
  type Registry,
} from '@millrace/runtime';
import type { PartitionsAppender } from '@millrace/stream-client';
import type { Tracer } from '@millrace/tracing';
import type { FastifyInstance } from 'fastify';
import { createAcceptEvent } from './accept-event.js';
import type { Access } from './access/access.js';
import { admitSenders } from './access/admit.js';
import type { Sender } from './access/sender.js';
import type { ProducerConfig } from './config.js';
import { MAX_BATCH_BYTES } from './endpoints/batch.js';
import { addEvents } from './endpoints/events.js';
import { addRecordStream } from './endpoints/record-stream.js';
import { addRecords } from './endpoints/records.js';
import { addWebhooks } from './endpoints/webhooks.js';
import { problemFor } from './error-handler.js';
import { openApiDocument } from './openapi.js';
import { BATCH_TYPE, STRUCTURED_TYPE } from './parse-request.js';
import type { RecordReader } from './record-reader.js';
import { createSlots } from './slots.js';
import { traceAcceptance, traceRequests } from './trace-requests.js';

/** Refusals that are about who sends. */
const SENDER_CODES: ReadonlySet<string> = new Set(['RATE_LIMITED', 'TYPE_NOT_ALLOWED']);

/** Paths that take events. */
const WAYS_IN: ReadonlySet<string> = new Set(['/v1/events', '/v1/webhooks/:sender']);

/** What the app is made of; `main.ts` builds it from the real parts, tests from small ones. */
export interface AppParts {
  readonly config: Pick<
    ProducerConfig,
    'appendDeadlineMs' | 'defaultSource' | 'maxEventBytes' | 'maxRecordStreams' | 'maxWaiters'
  >;
  /** Who may send now. */
  readonly access: Access;
  readonly appender: Pick<PartitionsAppender, 'appendFor'>;
  readonly records: RecordReader;
  /** The schemas that data are checked against now, by event type. */
  readonly schemas: () => EventSchemas;
  readonly readiness: Readiness;
  readonly metrics: Metrics;
  readonly registry: Registry;
  readonly logger: Logger;
  /** Shows requests and events in traces. Undefined: nobody wants to see them. */
  readonly tracer?: Tracer | undefined;
}

/**
 * The producer's HTTP app, not yet listening. While it closes, requests in flight get their answers: those who wait for
 * an outcome are told 202, open record streams end, idle connections are closed.
 */
export async function createApp(parts: AppParts): Promise<FastifyInstance> {
  const { config, metrics, records, tracer } = parts;
  const app = createHttpApp(parts.logger);
  addRequestMetrics(app, metrics, tracer === undefined ? undefined : traceRequests(app, tracer));
  const closing = new AbortController();
  app.addHook('preClose', (done) => {
    closing.abort();
    done();
  });

  const countRefusal = ({ code }: Problem, sender: Sender | undefined) => {
    metrics.eventsAccepted.labels(code).inc();
    if (sender !== undefined && SENDER_CODES.has(code)) metrics.senderRefusals.labels(sender.id, code).inc();
  };
  addProblemHandlers(app, {
    problemFor,
    onProblem: ({ routeOptions, method, sender }, problem) => {
      if (method === 'POST' && WAYS_IN.has(routeOptions.url ?? '')) countRefusal(problem, sender);
    },
  });
  keepBodiesAsBytes(app, config.maxEventBytes);
  addProbes(app, parts.registry, parts.readiness);
  await addDocs(app, openApiDocument);

  const accept = createAcceptEvent({ appender: parts.appender, metrics, schemas: parts.schemas });
  const acceptEvent = tracer === undefined ? accept : traceAcceptance(accept, tracer);
  await app.register(async (api) => {
    admitSenders(api, parts.access);
    addEvents(api, {
      acceptEvent,
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
  await app.register(async (hooks) => {
    const { access } = parts;
    addWebhooks(hooks, { acceptEvent, access, maxEventBytes: config.maxEventBytes, now: () => new Date() });
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
  // The usual ones by name: what no name stands for is taken apart for each request anew.
  for (const type of [STRUCTURED_TYPE, 'application/json', '*'])
    app.addContentTypeParser(type, { parseAs, bodyLimit: maxEventBytes }, (_request, body, done) => done(null, body));
}
