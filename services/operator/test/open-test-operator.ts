import { contentHashOf, type Event, type EventData } from '@millrace/events';
import { createLogger, createMetrics, createRegistry } from '@millrace/runtime';
import {
  createAppender,
  createConsumerName,
  createPartitionsAppender,
  createSettler,
  listPauses,
  openBlockingSource,
  openChangeFeed,
  openPartitions,
  type PartitionsOptions,
  type Stream,
} from '@millrace/stream-client';
import { type AppParts, createApp } from '../src/app.js';
import { createAudit } from '../src/audit.js';
import { JobRunner } from '../src/job-runner.js';
import { Changes } from '../src/live/changes.js';
import { LiveFeed } from '../src/live/live-feed.js';
import { Overview } from '../src/live/overview.js';
import { PauseWatch } from '../src/live/pause-watch.js';
import { Samples } from '../src/partitions/samples.js';
import { Redaction } from '../src/redaction/redaction.js';

const NO_REDACTION = new Redaction([], 'everybody');

/** The route of every dead letter in these tests; a full stop in it must not confuse anybody. */
export const ROUTE = 'score.order';

/** An operator app over a real stream. */
export async function openTestOperator(
  redisUrl: string,
  config: Partial<AppParts['config']> = {},
  settings: Partial<PartitionsOptions> = {},
  nowMs: () => number = Date.now,
) {
  const partitions = await openPartitions({
    redisUrl,
    namespace: 'test',
    durability: 'fsync',
    clientName: 'test',
    connectTimeoutMs: 30_000,
    identityTtlMs: 60_000,
    recordTtlMs: 120_000,
    ...settings,
  });
  const stream = partitions.home;
  const samples = new Samples(partitions);
  const problems: string[] = [];
  const logger = createLogger('operator', 'silent');
  const audit = createAudit(stream, logger);
  const jobs = new JobRunner({
    partitions,
    audit,
    logger,
    name: createConsumerName(),
    redaction: config.redaction ?? NO_REDACTION,
  });
  jobs.start();
  const changes = new Changes((onRefs) => openChangeFeed(partitions, onRefs), logger);
  changes.start();
  const overview = new Overview({ partitions, samples, changes, logger });
  const live = new LiveFeed({ partitions, changes, logger });
  const pauses = new PauseWatch(() => listPauses(stream), createMetrics(createRegistry()));
  const app = await createApp({
    config: {
      host: '127.0.0.1',
      key: undefined,
      configDir: 'nowhere',
      maxEventBytes: 4_096,
      redaction: NO_REDACTION,
      ...config,
    },
    partitions,
    samples,
    appender: createPartitionsAppender(partitions, { maxBacklog: 1_000, deadlineMs: 60_000 }),
    readiness: { problems: () => problems },
    metrics: createMetrics(createRegistry()),
    registry: createRegistry(),
    logger,
    audit,
    overview,
    live,
    pauses,
    nowMs,
    onJobStarted: () => jobs.wake(),
  });
  const close = async () => {
    await app.close();
    await live.stop();
    await pauses.stop();
    await overview.stop();
    await changes.stop();
    await jobs.stop();
    await partitions.close();
  };
  return { app, stream, partitions, jobs, overview, live, pauses, problems, close };
}

/** Appends an event, by the map of that epoch, and returns its ref. JSON data are given as their text. */
export async function append(stream: Stream, id: string, json = '{"total":5}', epoch = 1): Promise<string> {
  const own = { id, source: '/test', type: 'com.test.happened' };
  const data: EventData = { kind: 'json', bytes: Buffer.from(json) };
  const event: Event = { ...own, attributes: { specversion: '1.0', ...own }, data };
  const appender = createAppender(stream, { maxBacklog: 1_000, deadlineMs: 60_000, epoch });
  const result = await appender.append(event, contentHashOf(event));
  if (result.kind !== 'accepted') throw new Error(`event ${id} was ${result.kind}`);
  return result.ref;
}

/** Appends an event and gives its delivery up at the third attempt. Resolves with the dead letter's id. */
export async function makeDeadLetter(stream: Stream, eventId: string, json?: string): Promise<string> {
  await append(stream, eventId, json);
  return giveUpNext(stream, ROUTE);
}

/** As `makeDeadLetter`, for an entry that somebody else wrote and nobody can decode. */
export async function makeUndecodableDeadLetter(stream: Stream): Promise<string> {
  await stream.redis.xadd(stream.keys.events, '*', 'not', 'ours');
  return giveUpNext(stream, '-');
}

/** Gives the next delivery in the stream up, whatever its attempt. Resolves with the dead letter's id. */
export async function giveUpNext(stream: Stream, route: string): Promise<string> {
  const source = await openBlockingSource(stream, 'me', 50);
  const [entry] = await source.read(1);
  await source.close();
  if (entry === undefined) throw new Error('there is nothing to read');
  const error = { code: 'TOOL_TIMEOUT', message: 'no answer within 10000 ms' };
  const detail = {
    version: 'v1',
    effects: [{ server: 'aws', tool: 'risk.score' }],
    reason: 'attempts-exhausted',
    error,
  };
  const outcomes = [
    { route, state: 'dead', attempt: entry.kind === 'entry' ? (entry.retry?.attempt ?? 3) : 3, detail },
  ] as const;
  await createSettler(stream, 'me').settle({ entry, routes: [route], outcomes });
  return `${entry.ref}.${route}`;
}
