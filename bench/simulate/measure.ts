import { createPartitionsAppender, GROUP, openPartitions, type Partitions } from '@millrace/stream-client';
import type { Redis } from 'ioredis';
import { EventMaker } from '../load/events.ts';
import { TOOL } from '../peers/mcp-clients.ts';
import { type BenchProcess, cpuMicrosOf, startPeer } from '../processes/bench-process.ts';
import { startConsumer } from '../processes/millrace-consumer.ts';
import { startRedis } from '../processes/redis-level.ts';
import { createRandom, poisson } from './chance.ts';
import { keepOnOneCore } from './cores.ts';
import { Histogram } from './histogram.ts';
import { pidOf } from './redis-meter.ts';
import type { Scenario } from './settings.ts';

/** Events for each consumer that come at once, and how often they do before anything is measured. */
const WARM_UP_EVENTS = 64;
const WARM_UP_WAVES = 4;
const TYPE = 'com.shop.order.created';

/** What a small real system did, in the words of `Result`. */
export interface Measured {
  readonly finishedPerSecond: number;
  readonly p50: number;
  readonly p95: number;
  readonly redisMicros: number;
  /** How long a call really took, as consumers saw it, and a round trip to Redis: what a simulation of it is given. */
  readonly seen: { readonly toolMs: number; readonly roundTripMs: number };
  /** From the kill until everything that the killed held was settled, in ms. */
  readonly recoveryMs?: number;
}

/** Runs a scenario with real consumers, a real Redis and a tool of known latency, all on this machine. */
export async function measure(scenario: Scenario): Promise<Measured> {
  const redis = await startRedis(scenario.isSynced ? 'fsync' : 'memory');
  const tool = await startPeer('slow-tool', { DELAY_MS: String(scenario.toolMs), FAILURES: String(scenario.failures) });
  const consumers: BenchProcess[] = [];
  const durability = scenario.isSynced ? 'fsync' : 'memory';
  const partitions = await openPartitions({ redisUrl: redis.url, durability, partitions: scenario.partitions });
  try {
    // As where costs are taken.
    await keepOnOneCore(await pidOf(redis.redis));
    for (let n = 0; n < scenario.consumers; n++) {
      const routes = [routeOf(scenario)];
      const mcpUrl = `http://127.0.0.1:${tool.port}/mcp`;
      consumers.push(await startConsumer(redis, { routes, mcpUrl, ...scenario, env: envOf(scenario) }));
    }
    return await drive(scenario, partitions, redis.redis, consumers);
  } finally {
    await Promise.all([tool, ...consumers].map((one) => one.stop()));
    await partitions.close();
    await redis.stop();
  }
}

function routeOf({ isOrdered }: Scenario) {
  return {
    id: 'call',
    on: { type: TYPE },
    call: { server: 'aws', tool: TOOL },
    with: '{ "eventId": id, "action": "bench" }',
    retry: { attempts: 5, initial: '500ms', max: '30s' },
    ...(isOrdered ? { ordered: 'partitionkey' } : {}),
  };
}

function envOf({ partitions, claimIdleMs, heartbeatMs, sweepMs, blockMs }: Scenario) {
  return {
    MILLRACE_PARTITIONS: String(partitions),
    MILLRACE_CLAIM_IDLE_MS: String(claimIdleMs),
    MILLRACE_HEARTBEAT_MS: String(heartbeatMs),
    MILLRACE_SWEEP_MS: String(sweepMs),
    MILLRACE_BLOCK_MS: String(blockMs),
  };
}

async function drive(
  scenario: Scenario,
  partitions: Partitions,
  redis: Redis,
  consumers: readonly BenchProcess[],
): Promise<Measured> {
  const events = new EventMaker(scenario.dataBytes);
  const appender = createPartitionsAppender(partitions, { maxBacklog: 1_000_000_000, deadlineMs: 30_000 });
  const postedAt = new Map<string, number>();
  // The last that is said about an event is its end; an outcome may be told before the append has been answered.
  const toldAt = new Map<string, number>();
  const changes = redis.duplicate();
  changes.on('smessage', (_channel, refs: string) => {
    const now = performance.now();
    for (const ref of refs.split(' ')) toldAt.set(ref, now);
  });
  for (const { keys } of partitions.all) await changes.ssubscribe(keys.changes);
  const post = () => {
    const at = performance.now();
    return appender.append(events.next(TYPE)).then((result) => {
      if (result.kind === 'accepted') postedAt.set(result.ref, at);
    });
  };
  const remaining = async () => {
    const backlogs = await Promise.all(partitions.all.map(({ keys }) => redis.hget(keys.counters, 'backlog')));
    return backlogs.reduce((sum, backlog) => sum + Number(backlog), 0);
  };
  // The first calls open connections and compile expressions, and the next hundreds are what Node compiles its code for.
  for (let wave = 0; wave < WARM_UP_WAVES; wave++) {
    await Promise.all(Array.from({ length: WARM_UP_EVENTS * scenario.consumers }, post));
    await until(async () => (await remaining()) === 0);
  }
  postedAt.clear();

  const random = createRandom(scenario.seed);
  const redisPid = await pidOf(redis);
  // Before the time begins: what was posted all at once to make up for it would go round together for long.
  const callsBefore = await callTimes(consumers);
  const redisBefore = cpuMicrosOf(redisPid) ?? Number.NaN;
  const beganAt = performance.now();
  const posting: Promise<void>[] = [];
  const roundTrips: number[] = [];
  let lookedAt = 0;
  let recovering: Promise<number> | undefined;
  let due = 0;
  let now = beganAt;
  while (now - beganAt < scenario.durationMs) {
    if (scenario.killed > 0 && recovering === undefined && now - beganAt >= scenario.killAtMs)
      recovering = killAndRecover(scenario, partitions, redis, consumers, toldAt);
    const before = now;
    await new Promise((resolve) => setTimeout(resolve, 1));
    now = performance.now();
    due = poisson((scenario.eventsPerSecond * (now - before)) / 1_000, random);
    for (let n = 0; n < due; n++) posting.push(post());
    // Seldom enough to cost Redis nothing that would show.
    if (now - lookedAt >= 50) {
      lookedAt = now;
      void time(() => redis.ping()).then((ms) => roundTrips.push(ms));
    }
  }
  const endsAt = performance.now();
  const redisMicros = (cpuMicrosOf(redisPid) ?? Number.NaN) - redisBefore;
  await Promise.all(posting);
  await until(async () => (await remaining()) === 0);
  const recoveryMs = await recovering;
  const calls = await callTimes(consumers.slice(scenario.killed));
  const before = scenario.killed > 0 ? { seconds: 0, count: 0 } : callsBefore;
  const toolMs = (1_000 * (calls.seconds - before.seconds)) / (calls.count - before.count);
  changes.disconnect();

  const latency = new Histogram();
  let finished = 0;
  for (const [ref, at] of postedAt) {
    const told = toldAt.get(ref) ?? Number.NaN;
    latency.add(told - at);
    if (told <= endsAt) finished += 1;
  }
  return {
    finishedPerSecond: finished / ((endsAt - beganAt) / 1_000),
    p50: latency.percentile(0.5),
    p95: latency.percentile(0.95),
    redisMicros: redisMicros / finished,
    seen: { toolMs, roundTripMs: roundTrips.sort((a, b) => a - b)[Math.floor(roundTrips.length / 2)] ?? Number.NaN },
    ...(recoveryMs === undefined ? {} : { recoveryMs }),
  };
}

/** Kills consumers and resolves with how long it took until nothing was left of what they held. */
async function killAndRecover(
  { killed }: Scenario,
  { all }: Partitions,
  redis: Redis,
  consumers: readonly BenchProcess[],
  toldAt: ReadonlyMap<string, number>,
): Promise<number> {
  const victims = consumers.slice(0, killed);
  const killedAt = performance.now();
  await Promise.all(victims.map((victim) => victim.stop()));
  const left = all.map(async ({ keys }) => {
    const pending = (await redis.xpending(keys.events, GROUP, '-', '+', 100_000)) as [string, string][];
    const theirs = pending.filter(([, name]) => victims.some(({ pid }) => name.includes(`-${pid}-`)));
    return theirs.map(([id]) => `${keys.partition}-${id}`);
  });
  const refs = (await Promise.all(left)).flat();
  await until(async () => refs.every((ref) => toldAt.has(ref)));
  return Math.max(...refs.map((ref) => toldAt.get(ref) ?? 0)) - killedAt;
}

/** What consumers say about their calls. */
async function callTimes(consumers: readonly BenchProcess[]): Promise<{ seconds: number; count: number }> {
  const pages = await Promise.all(
    consumers.map(async ({ port }) => (await fetch(`http://127.0.0.1:${port}/metrics`)).text()),
  );
  const sum = (name: string) =>
    pages
      .flatMap((page) => [...page.matchAll(new RegExp(`^${name}(?:{[^}]*})? (\\S+)$`, 'gm'))])
      .reduce((total, [, value]) => total + Number(value), 0);
  return { seconds: sum(`${CALLS}_sum`), count: sum(`${CALLS}_count`) };
}

async function time(work: () => Promise<unknown>): Promise<number> {
  const begunAt = performance.now();
  await work();
  return performance.now() - begunAt;
}

const CALLS = 'mcp_client_operation_duration_seconds';
const LIMIT_MS = 60_000;

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const giveUpAt = performance.now() + LIMIT_MS;
  while (!(await isSo())) {
    if (performance.now() > giveUpAt) throw new Error(`the real system has not come to rest within ${LIMIT_MS} ms`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
