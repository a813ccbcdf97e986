import type { AddressInfo } from 'node:net';
import { createToolCaller, Fleet } from '@millrace/mcp-client';
import type { Route } from '@millrace/routing';
import {
  addProbes,
  ConfigError,
  closeIdleConnectionsOnClose,
  createLogger,
  createMetrics,
  createRedisReport,
  createRegistry,
  Lifecycle,
  readSecret,
  reportMap,
  runService,
} from '@millrace/runtime';
import {
  type AnnouncedConfiguration,
  createConsumerName,
  createEffectRecorder,
  createSettler,
  createTurns,
  departingFrom,
  OutboxMover,
  openClock,
  openPartitions,
  type Partitions,
  publishRoutes,
} from '@millrace/stream-client';
import { openTracer } from '@millrace/tracing';
import { fastify } from 'fastify';
import { boundHeap } from './bound-heap.js';
import { loadConfig } from './config.js';
import { Announcer } from './configuration/announcer.js';
import { checkConfiguration, type Division, describeSplitKeys } from './configuration/check-configuration.js';
import { readConfigFiles } from './configuration/config-files.js';
import { ConfigurationInForce } from './configuration/configuration-in-force.js';
import { Reloader } from './configuration/reloader.js';
import { SharedServers } from './configuration/shared-servers.js';
import { ConsumeLoop } from './consume-loop.js';
import { Housekeeping } from './housekeeping.js';
import { Lanes } from './lanes/lanes.js';
import { measureSettles } from './measure-settles.js';
import { createObserver } from './observe.js';
import { FollowedMap } from './partitions/followed-map.js';
import { forgetEverywhere } from './partitions/forget-everywhere.js';
import { Handlings } from './partitions/handlings.js';
import { openReading } from './partitions/open-reading.js';
import { Outboxes } from './partitions/outboxes.js';
import { findPause } from './pauses/find-pause.js';
import { SeenPauses } from './pauses/seen-pauses.js';
import { countRoutes, RouteWindow } from './route-window.js';
import { CallNotes } from './servers/call-notes.js';
import { countFromZero, createFleetObserver } from './servers/fleet-observer.js';
import { ServerReporter } from './servers/server-reporter.js';
import { ToolReporter } from './servers/tool-reporter.js';
import { ToolWindow } from './servers/tool-window.js';
import { createAttemptTracer, traceCalls } from './trace-attempts.js';
import { startWatchdog } from './watchdog/watchdog.js';

/** Longer than the drain: closing what is left takes a moment. */
const GRACE_BEYOND_DRAIN_MS = 4_000;
/** How soon a pause is seen, and a changed configuration announced, in ms. */
const PAUSES_EVERY_MS = 500;
const ANNOUNCE_EVERY_MS = 1_000;
/** How often the operator is told what became of deliveries, in ms. */
const ROUTES_EVERY_MS = 2_000;
/** A Redis that is still loading its data is waited for this long, in ms. */
const CONNECT_TIMEOUT_MS = 30_000;

const consumer = createConsumerName();
const bootLogger = createLogger('consumer', 'info', consumer);

boundHeap();
await runService(bootLogger, async () => {
  const config = loadConfig();
  const logger = createLogger('consumer', config.logLevel, consumer);
  const lifecycle = new Lifecycle(logger, config.drainMs + GRACE_BEYOND_DRAIN_MS);
  lifecycle.listenForSignals();
  // Before anything of a handler runs.
  const watchdog = config.maxBlockedMs === 0 ? undefined : startWatchdog(config.maxBlockedMs);
  lifecycle.onStop('watchdog', async () => watchdog?.stop());
  const checking = { env: process.env, durability: config.durability };
  const configuration = await checkConfiguration(await readConfigFiles(config.configDir), checking);
  const registry = createRegistry();
  const metrics = createMetrics(registry);

  const tracer = await openTracer('consumer', config.traces);
  lifecycle.onStop('traces', async () => tracer?.close());
  const onProblems = createRedisReport(logger, metrics.redisUnfit);
  const partitions = await openPartitions({
    ...config,
    clientName: 'millrace-consumer',
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    onProblems,
  });
  lifecycle.onStop('stream', () => partitions.close());
  const stream = partitions.home;
  const report = () => reportMap(partitions.map, config.partitions, logger, metrics.partitions);
  report();
  partitions.onChange(report);
  refuseSplitKeys(configuration.routes.all, divisionOf(partitions));
  lifecycle.onStop('consumer name', () => forgetEverywhere(partitions, consumer));
  const rates = createTurns(stream);
  const pauses = new SeenPauses(stream, logger);
  await pauses.look();
  const fleet = new Fleet({
    places: config.concurrency,
    rates,
    observer: createFleetObserver(logger, metrics),
    isPaused: (server) => pauses.hasServer(server),
  });
  const servers = new SharedServers((settings) => {
    countFromZero(settings.name, metrics);
    const caller = createToolCaller([settings], { readSecret, fleet });
    return tracer === undefined ? caller : traceCalls(caller, tracer);
  }, fleet);
  const configurations = new ConfigurationInForce(configuration, servers);
  lifecycle.onStop('servers', () => configurations.close());

  const observer = createObserver(
    logger,
    metrics,
    () => Math.random() < config.logDoneRatio,
    () => tracer?.current()?.context,
  );
  const { maxStarts, maxParkedMs } = config;
  const clock = await openClock(stream);
  const toolWindow = new ToolWindow(() => performance.now());
  const routeWindow = new RouteWindow(() => performance.now());
  const calls = new CallNotes(consumer, toolWindow, () => clock.now());
  const findPauseOf = (route: string) => findPause(pauses, route, configurations.findRoute(route));
  const outboxes = new Outboxes(new OutboxMover(partitions, consumer), logger, metrics);
  lifecycle.onStop('outboxes', () => outboxes.stop());
  const reading = await openReading(partitions, consumer, {
    ...config,
    onDeparted: outboxes.empty,
    findPause: findPauseOf,
    clock,
    logger,
    random: Math.random,
  });
  const { source } = reading;
  const map = new FollowedMap(partitions, logger);
  lifecycle.onStop('source', () => source.close());
  const shared = {
    clock,
    configurations,
    observer: countRoutes(reading.observeFor(observer), routeWindow),
    calls,
    pauses,
    maxStarts,
    maxParkedMs,
    random: Math.random,
    map,
    ...(tracer === undefined ? {} : { tracing: createAttemptTracer(tracer) }),
  };
  const handlings = new Handlings(partitions, shared, (one) => ({
    settler: measureSettles(
      createSettler(
        one,
        consumer,
        departingFrom(partitions, one, () => outboxes.empty(one)),
      ),
      metrics,
    ),
    effects: createEffectRecorder(one, consumer),
    lanes: new Lanes(one, consumer, configurations, map),
  }));
  const options = { consumer, ...config };
  const loop = new ConsumeLoop(partitions, source, handlings, options, logger, metrics, reading.findPending);
  const splitKeys = () => describeSplitKeys(configurations.routes, divisionOf(partitions));
  // Who was not heard of for long, and so was not asked, may have a configuration of which others knew nothing.
  partitions.onChange(() => {
    const problems = splitKeys();
    if (problems.length > 0)
      logger.error({ problems }, 'there are more partitions now, which split what routes keep together');
  });
  const announcer = new Announcer(stream, () => configurations.contents);
  const announce = async (contents: AnnouncedConfiguration) => {
    const size = await announcer.announce(contents);
    // A change that was begun before is seen now; one that is begun later knows of what was announced.
    await partitions.refresh();
    const division = divisionOf(partitions);
    return { ...division, partitions: Math.max(size, division.partitions) };
  };
  const tellRoutes = () => publishRoutes(stream, consumer, routeWindow.report());
  const chores = [
    ...reading.chores,
    { name: 'see what is paused', everyMs: PAUSES_EVERY_MS, run: () => pauses.look() },
    { name: 'tell what became of deliveries', everyMs: ROUTES_EVERY_MS, run: tellRoutes },
    { name: 'announce the configuration', everyMs: ANNOUNCE_EVERY_MS, run: () => announcer.announceIfDue() },
  ];
  const housekeeping = new Housekeeping(chores, logger, Math.random);

  let isStopping = false;
  const app = fastify({ logger: false });
  closeIdleConnectionsOnClose(app);
  addProbes(app, registry, {
    problems: () => [
      ...(isStopping ? ['stopping'] : []),
      ...stream.problems(),
      ...splitKeys(),
      ...(source.isReady() ? [] : ['the connection that reads the stream is not there']),
      // A connection that answers PING may still be stuck: what counts is that the stream was read.
      ...(loop.readAgeMs > 3 * config.blockMs + 1_000 ? ['the stream has not been read for too long'] : []),
    ],
  });
  await app.listen({ port: config.port, host: config.host });
  lifecycle.onStop('probes', () => app.close());

  const serversKnown = {
    states: () => fleet.states(),
    report: (server: string) => toolWindow.report(server),
    take: () => calls.take(),
  };
  const reporter = new ServerReporter(stream, consumer, serversKnown, logger);
  const toolReporter = new ToolReporter(stream, consumer, configurations, logger);
  const reloading = {
    ...checking,
    get division() {
      return divisionOf(partitions);
    },
    configDir: config.configDir,
    pollMs: config.configPollMs,
    announce,
  };
  const reloader = new Reloader(configurations, reloading, logger, metrics);
  process.on('SIGHUP', () => void reloader.reload());

  // A change to more partitions was begun before this, or looks at what is announced.
  refuseSplitKeys(configuration.routes.all, await announce(configurations.contents));
  reporter.start();
  // After the loop has ended: the last calls are told as well.
  lifecycle.onStop('server reports', () => reporter.stop());
  loop.start();
  lifecycle.onStop('loop', () => loop.stop());
  housekeeping.start();
  lifecycle.onStop('housekeeping', () => housekeeping.stop());
  toolReporter.start();
  lifecycle.onStop('tool reports', () => toolReporter.stop());
  reloader.start();
  lifecycle.onStop('reloader', () => reloader.stop());
  lifecycle.onStop('readiness', async () => {
    isStopping = true;
  });
  lifecycle.announceReady((app.server.address() as AddressInfo).port);
});

/** Throws `ConfigError`. */
function refuseSplitKeys(routes: readonly Route[], division: Division): void {
  const problems = describeSplitKeys(routes, division);
  if (problems.length > 0) throw new ConfigError(problems);
}

function divisionOf({ all, map: { preparing, draining } }: Partitions): Division {
  return { partitions: all.length, isChanging: preparing !== undefined || draining.length > 0 };
}
