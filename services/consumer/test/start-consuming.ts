import type { EventSchemas } from '@millrace/config-files';
import { contentHashOf, type Event } from '@millrace/events';
import type { Handler } from '@millrace/handlers';
import type { CallOutcome, ToolCall, ToolCaller } from '@millrace/mcp-client';
import { ToolCallError, type ToolCallErrorCode } from '@millrace/mcp-client';
import { parseRoutes, RouteTable } from '@millrace/routing';
import { createLogger, createMetrics, createRegistry, type Logger, type Metrics } from '@millrace/runtime';
import {
  createAppender,
  createConsumerName,
  createEffectRecorder,
  createSettler,
  departingFrom,
  type EventRecord,
  OutboxMover,
  openClock,
  openStream,
  type Partitions,
  readRecord,
  type Stream,
  type StreamClock,
  StreamError,
} from '@millrace/stream-client';
import { waitUntil } from '@millrace/testing';
import type { Models } from '../src/agents/models.js';
import { createFixedConfiguration } from '../src/configuration/configuration.js';
import { ConsumeLoop, type ConsumeOptions } from '../src/consume-loop.js';
import { Housekeeping } from '../src/housekeeping.js';
import { Lanes } from '../src/lanes/lanes.js';
import { createObserver } from '../src/observe.js';
import { FollowedMap } from '../src/partitions/followed-map.js';
import { Handlings } from '../src/partitions/handlings.js';
import { openReading } from '../src/partitions/open-reading.js';
import { Outboxes } from '../src/partitions/outboxes.js';
import { findPause, type Pauses } from '../src/pauses/find-pause.js';
import { SeenPauses } from '../src/pauses/seen-pauses.js';

/** A consumer with a tool caller of the test's own and times that are short. */
export interface TestConsumer {
  readonly name: string;
  readonly metrics: Metrics;
  readonly pauses: Pauses;
  stop(): Promise<void>;
}

export function openTestStream(redisUrl: string): Promise<Stream> {
  return openStream({
    redisUrl,
    namespace: 'test',
    durability: 'fsync',
    clientName: 'test',
    connectTimeoutMs: 30_000,
    identityTtlMs: 60_000,
    recordTtlMs: 60_000,
  });
}

/**
 * Consumes one partition, or all of several. Entries are claimed after a minute, so that no test meets a claim that it does not ask for, however slow the machine.
 * `clock` tells what time it is for the handling of events, `random` how long between the bounds a retry waits.
 */
export async function startConsuming(
  given: Stream | Partitions,
  routes: RouteTable,
  tools: ToolCaller,
  options: Partial<
    ConsumeOptions & {
      maxStarts: number;
      pausesMs: number;
      maxParkedMs: number;
      handlers: ReadonlyMap<string, Handler>;
      models: Models;
      schemas: EventSchemas;
      clock: StreamClock;
      random: () => number;
      logger: Logger;
    }
  > = {},
): Promise<TestConsumer> {
  const name = createConsumerName();
  const many = 'all' in given ? given : undefined;
  const stream = 'all' in given ? given.home : given;
  const logger = options.logger ?? createLogger('test', 'silent');
  const metrics = createMetrics(createRegistry());
  const observer = createObserver(logger, metrics);
  const clock = options.clock ?? (await openClock(stream));
  const pauses = new SeenPauses(stream, logger);
  await pauses.look();
  const configurations = createFixedConfiguration({
    version: 'test',
    routes,
    tools,
    handlers: options.handlers ?? new Map(),
    schemas: options.schemas ?? new Map(),
    ...(options.models === undefined ? {} : { models: options.models }),
  });
  const findPauseOf = (route: string) => findPause(pauses, route, routes.find(route));
  const partitions = many ?? { home: stream, all: [stream], ofRef: () => stream };
  const times = { concurrency: 16, claimIdleMs: 60_000, heartbeatMs: 100, sweepMs: 50, drainMs: 5_000, maxStarts: 5 };
  const retention = { maxAgeMs: 60_000, maxBytes: 2 ** 30 };
  const how = { blockMs: 50, sweepMs: options.sweepMs ?? times.sweepMs, retention, findPause: findPauseOf };
  const outboxes = many === undefined ? undefined : new Outboxes(new OutboxMover(many, name), logger, metrics);
  const map = many === undefined ? undefined : new FollowedMap(many, logger);
  const onDeparted = (one: Stream) => outboxes?.empty(one);
  const reading = await openReading(partitions, name, { ...how, clock, logger, random: Math.random, onDeparted });
  const { source } = reading;
  const shared = {
    clock,
    configurations,
    observer: reading.observeFor(observer),
    pauses,
    maxStarts: options.maxStarts ?? times.maxStarts,
    maxParkedMs: options.maxParkedMs ?? 60_000,
    random: options.random ?? Math.random,
    ...(map === undefined ? {} : { map }),
  };
  const handlings = new Handlings(partitions, shared, (one) => ({
    settler: createSettler(one, name, many && departingFrom(many, one, () => onDeparted(one))),
    effects: createEffectRecorder(one, name),
    lanes: new Lanes(one, name, configurations, map),
  }));
  const all = { consumer: name, ...times, ...options };
  const loop = new ConsumeLoop(partitions, source, handlings, all, logger, metrics, reading.findPending);
  const lookAtPauses = { name: 'see what is paused', everyMs: options.pausesMs ?? 20, run: () => pauses.look() };
  const chores = [...reading.chores, lookAtPauses];
  const housekeeping = new Housekeeping(chores, logger, Math.random);
  loop.start();
  housekeeping.start();
  return {
    name,
    metrics,
    pauses,
    stop: async () => {
      await housekeeping.stop();
      await loop.stop();
      await outboxes?.stop();
      await source.close();
    },
  };
}

/** The clock of Redis, which a test may set forward. */
export async function openMovableClock(stream: Stream): Promise<StreamClock & { moveBy(ms: number): void }> {
  const clock = await openClock(stream);
  let aheadMs = 0;
  return {
    now: () => clock.now() + aheadMs,
    refresh: () => clock.refresh(),
    moveBy: (ms) => {
      aheadMs += ms;
    },
  };
}

export function someRoutes(text: string, servers: readonly string[] = ['aws', 'gcp']): RouteTable {
  return new RouteTable(parseRoutes(text, 'routes.yaml', new Set(servers)));
}

export async function post(stream: Stream, event: Event): Promise<string> {
  const appender = createAppender(stream, { maxBacklog: 10_000, deadlineMs: 60_000 });
  const result = await appender.append(event, contentHashOf(event));
  if (result.kind !== 'accepted') throw new Error(`the event was ${result.kind}`);
  return result.ref;
}

export function anEvent(id: string, type = 'order.created', data: unknown = { orderId: id }): Event {
  const own = { id, source: '/test', type };
  const bytes = Buffer.from(JSON.stringify(data));
  return { ...own, attributes: { specversion: '1.0', ...own }, data: { kind: 'json', bytes } };
}

/** A Redis that is slow to answer is asked again. */
export function untilState(stream: Stream, ref: string, state: EventRecord['state']): Promise<EventRecord> {
  const read = async () => {
    const record = await readRecord(stream, ref);
    return record?.state === state && record;
  };
  return waitUntil(() => read().catch(laterIfUnavailable), `event ${ref} is ${state}`);
}

function laterIfUnavailable(error: unknown): false {
  if (error instanceof StreamError && error.code === 'STREAM_UNAVAILABLE') return false;
  throw error;
}

/** A tool caller that notes every call and answers as the test says. */
export class ScriptedTools implements ToolCaller {
  readonly calls: ToolCall[] = [];
  readonly #answer: (call: ToolCall, nth: number, signal: AbortSignal) => CallOutcome | Promise<CallOutcome>;

  constructor(answer: (call: ToolCall, nth: number, signal: AbortSignal) => CallOutcome | Promise<CallOutcome>) {
    this.#answer = answer;
  }

  async call(call: ToolCall, signal: AbortSignal): Promise<CallOutcome> {
    if (call.beforeSend !== undefined && !(await call.beforeSend())) return fails('TOOL_WITHHELD', 'not-sent');
    this.calls.push(call);
    return this.#answer(call, this.calls.length, signal);
  }
}

const facts = { durationMs: 1, dispatched: true };

export function ok(structuredContent: unknown = { fine: true }): CallOutcome {
  return { kind: 'ok', result: { content: [], structuredContent, sizeBytes: 2 }, facts };
}

export function fails(code: ToolCallErrorCode, callClass: ToolCallError['class']): CallOutcome {
  return { kind: 'failed', error: new ToolCallError(code, callClass, 'for a test'), facts };
}

/** Resolves when the signal aborts: a tool that never answers. */
export function untilAborted(signal: AbortSignal): Promise<CallOutcome> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(fails('TOOL_ABORTED', 'unknown')), { once: true });
  });
}
