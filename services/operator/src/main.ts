import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import {
  createLogger,
  createMetrics,
  createRedisReport,
  createRegistry,
  Lifecycle,
  reportMap,
  runService,
} from '@millrace/runtime';
import {
  createConsumerName,
  createPartitionsAppender,
  listPauses,
  MapWatch,
  openChangeFeed,
  openPartitions,
  sampleServer,
} from '@millrace/stream-client';
import { openKeys } from './access/open-keys.js';
import { createApp } from './app.js';
import { createAudit } from './audit.js';
import { loadConfig } from './config.js';
import { readConsoleFiles } from './console-files.js';
import { JobRunner } from './job-runner.js';
import { Changes } from './live/changes.js';
import { LiveFeed } from './live/live-feed.js';
import { Overview } from './live/overview.js';
import { PauseWatch } from './live/pause-watch.js';
import { ChangeKeeper } from './partitions/change-keeper.js';
import { RedisNodes } from './partitions/redis-nodes.js';
import { Samples } from './partitions/samples.js';
import { ALL_PARTITIONS, Sampler } from './sampler.js';
import { ServerSampler } from './server-sampler.js';

/** Longer than any request takes, in ms. */
const GRACE_MS = 10_000;
/** A Redis that is still loading its data is waited for this long, in ms. */
const CONNECT_TIMEOUT_MS = 30_000;

/** Where the build puts the console, in the repository and in the image alike. */
const CONSOLE_FOLDER = fileURLToPath(new URL('../../console/dist', import.meta.url));

const logger = createLogger('operator', 'info');

await runService(logger, async () => {
  const config = loadConfig();
  logger.level = config.logLevel;
  const lifecycle = new Lifecycle(logger, GRACE_MS);
  lifecycle.listenForSignals();
  const registry = createRegistry();
  const metrics = createMetrics(registry);

  const onProblems = createRedisReport(logger, metrics.redisUnfit);
  const partitions = await openPartitions({
    ...config,
    clientName: 'millrace-operator',
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    onProblems,
  });
  lifecycle.onStop('stream', () => partitions.close());
  const stream = partitions.home;
  const report = () => reportMap(partitions.map, config.partitions, logger, metrics.partitions);
  report();
  partitions.onChange(report);
  const mapWatch = new MapWatch(partitions, (err) => logger.debug({ err }, 'could not read the map of partitions'));
  mapWatch.start();
  lifecycle.onStop('map', () => mapWatch.stop());
  const changeKeeper = new ChangeKeeper(partitions, logger);
  changeKeeper.start();
  lifecycle.onStop('change of partitions', () => changeKeeper.stop());
  const samples = new Samples(partitions);
  const sampler = new Sampler(
    () => samples.look(),
    metrics,
    logger,
    Math.random,
    () => (partitions.all.length === 1 ? stream.keys.partition : ALL_PARTITIONS),
  );
  sampler.start();
  lifecycle.onStop('sampler', () => sampler.stop());
  const redisNodes = new RedisNodes(partitions);
  const serverSampler = new ServerSampler(
    () => redisNodes.list(),
    ({ streams: [one] }) => sampleServer(one),
    metrics,
  );
  serverSampler.start();
  lifecycle.onStop('server sampler', () => serverSampler.stop());

  const { maxBacklog, appendDeadlineMs } = config;
  const appender = createPartitionsAppender(partitions, { maxBacklog, deadlineMs: appendDeadlineMs });
  lifecycle.onStop('appender', () => appender.drain());
  const audit = createAudit(stream, logger);
  const jobs = new JobRunner({ partitions, audit, logger, redaction: config.redaction, name: createConsumerName() });
  jobs.start();
  lifecycle.onStop('jobs', () => jobs.stop());

  const changes = new Changes((onRefs) => openChangeFeed(partitions, onRefs), logger);
  changes.start();
  partitions.onChange(() => changes.reopen());
  lifecycle.onStop('changes', () => changes.stop());
  const overview = new Overview({ partitions, samples, changes, logger });
  overview.start();
  lifecycle.onStop('overview', () => overview.stop());
  const pauses = new PauseWatch(() => listPauses(stream), metrics);
  pauses.start();
  lifecycle.onStop('pauses', () => pauses.stop());
  const live = new LiveFeed({ partitions, changes, logger });
  lifecycle.onStop('live', () => live.stop());

  let isStopping = false;
  const readiness = {
    problems: () => [
      ...(isStopping ? ['stopping'] : []),
      ...stream.problems(),
      // A frozen Redis keeps its connections: what counts is that it answered.
      ...(sampler.isStale ? ['the stream has not been sampled for too long'] : []),
    ],
  };
  const consoleFiles = await readConsoleFiles(CONSOLE_FOLDER);
  if (consoleFiles === undefined) logger.warn('the console was not built, so there is none at /: run npm run build');
  const people = await openKeys(config, logger, metrics);
  process.on('SIGHUP', () => void people.reload());
  people.start();
  lifecycle.onStop('keys', () => people.stop());
  const app = await createApp({
    config,
    keysNow: () => people.keys,
    partitions,
    samples,
    appender,
    readiness,
    metrics,
    registry,
    logger,
    audit,
    overview,
    live,
    pauses,
    consoleFiles,
    onJobStarted: () => jobs.wake(),
  });
  lifecycle.onStop('http', () => app.close());
  lifecycle.onStop('readiness', async () => {
    isStopping = true;
  });
  await app.listen({ host: config.host, port: config.port });
  lifecycle.announceReady((app.server.address() as AddressInfo).port);
});
