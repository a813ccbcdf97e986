import type { AddressInfo } from 'node:net';
import {
  createLogger,
  createMetrics,
  createRedisReport,
  createRegistry,
  Lifecycle,
  type Logger,
  prepareFarewell,
  reportMap,
  runService,
} from '@millrace/runtime';
import {
  createPartitionsAppender,
  createRecordWatch,
  MapWatch,
  openPartitions,
  readWholeRecord,
  recordToJson,
} from '@millrace/stream-client';
import { openTracer } from '@millrace/tracing';
import { openAccess } from './access/open-access.js';
import { createApp } from './app.js';
import { loadConfig, type ProducerConfig } from './config.js';
import { openSchemas } from './open-schemas.js';

/** How long to wait at the start for a Redis that is still starting. */
const CONNECT_TIMEOUT_MS = 30_000;
/** From the signal to stop until the process ends itself. */
const GRACE_MS = 10_000;
/** For clients to go elsewhere with their next request, in ms. */
const FAREWELL_MS = 1_000;

/** Starts the producer: Redis first, then HTTP; `ready` is sent to a parent process once both are there. */
async function start(config: ProducerConfig, logger: Logger): Promise<void> {
  const lifecycle = new Lifecycle(logger, GRACE_MS);
  lifecycle.listenForSignals();
  const registry = createRegistry();
  const metrics = createMetrics(registry);

  const tracer = await openTracer('producer', config.traces);
  lifecycle.onStop('traces', async () => tracer?.close());
  const schemas = await openSchemas(config, logger, metrics);
  const onProblems = createRedisReport(logger, metrics.redisUnfit);
  const access = await openAccess(config, logger, metrics);
  const partitions = await openPartitions({
    ...config,
    clientName: 'millrace-producer',
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    onProblems,
  });
  lifecycle.onStop('stream', () => partitions.close());
  const report = () => reportMap(partitions.map, config.partitions, logger, metrics.partitions);
  report();
  partitions.onChange(report);
  const mapWatch = new MapWatch(partitions, (err) => logger.debug({ err }, 'could not read the map of partitions'));
  mapWatch.start();
  lifecycle.onStop('map', () => mapWatch.stop());
  const appender = createPartitionsAppender(partitions, {
    maxBacklog: config.maxBacklog,
    deadlineMs: config.appendDeadlineMs,
    onBatch: (events) => metrics.appendBatchSize.observe(events),
  });
  lifecycle.onStop('appender', () => appender.drain());
  const watch = createRecordWatch(partitions);
  lifecycle.onStop('record watch', () => watch.close());

  let isStopping = false;
  const app = await createApp({
    config,
    access,
    appender,
    records: {
      read: (ref) => readWholeRecord(partitions, ref),
      render: recordToJson,
      nextChange: (refs, signal) => watch.nextChange(refs, signal),
    },
    schemas: () => schemas.value,
    readiness: {
      problems: () => [...(isStopping ? ['stopping'] : []), ...partitions.problems()],
    },
    metrics,
    registry,
    logger,
    tracer,
  });
  const farewell = prepareFarewell(app);
  lifecycle.onStop('http', () => app.close());
  process.on('SIGHUP', () => void Promise.all([access.reload(), schemas.reload()]));
  access.start();
  lifecycle.onStop('access', () => access.stop());
  schemas.start();
  lifecycle.onStop('schemas', () => schemas.stop());
  lifecycle.onStop('connections', () => farewell(FAREWELL_MS));
  lifecycle.onStop('readiness', async () => {
    isStopping = true;
  });

  await app.listen({ host: config.host, port: config.port });
  lifecycle.announceReady((app.server.address() as AddressInfo).port);
}

const logger = createLogger('producer', 'info');
await runService(logger, async () => {
  const config = loadConfig();
  logger.level = config.logLevel;
  await start(config, logger);
});
