import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { RedisCosts } from './redis/costs.ts';
import type { RedisMeter } from './redis-meter.ts';
import { startSleepingListeners } from './sleeping-listeners.ts';

/** Connections that ask, or listen, at once. */
const MANY = 64;
/** Messages that are published at once. */
const MESSAGES = 16;
/** Those that a message wakes. */
const SLEEPERS = 4;
/** Calls that arrive together. */
const COMPANY = 100;
const CHANNEL = 'fit:{0}';
/** Until what was sent lies at the server's end, in ms. */
const ON_ITS_WAY_MS = 5;

/** The Redis that is measured, and a connection to it. */
export interface MeasuredRedis {
  readonly url: string;
  readonly redis: Redis;
  readonly meter: RedisMeter;
}

/** What connections cost a Redis, whatever they ask. It is stopped while requests pile up, so that one turn takes them all. */
export async function fitSockets(
  server: MeasuredRedis,
): Promise<Pick<RedisCosts, 'turn' | 'socket' | 'rouse' | 'command' | 'publish'>> {
  const { redis, url, meter } = server;
  const others = await Promise.all(Array.from({ length: MANY }, () => connect(url)));
  const atOnce = async (run: () => Promise<unknown>) => {
    process.kill(meter.pid, 'SIGSTOP');
    const answered = run();
    await sleep(ON_ITS_WAY_MS);
    process.kill(meter.pid, 'SIGCONT');
    await answered;
  };
  const publish = (count: number) => Promise.all(Array.from({ length: count }, () => redis.spublish(CHANNEL, 'new')));
  try {
    const ping = () => redis.ping();
    const together = (run: () => Promise<unknown>) => Promise.all(Array.from({ length: COMPANY }, run));
    // The first ones warm it up.
    await meter.cost(500, ping);
    const alone = await meter.cost(2_000, ping);
    const rested = await meter.costAfterRest(ping);
    const command = (await meter.cost(40, () => together(ping))) / COMPANY;
    const crowd = await meter.cost(60, () => atOnce(() => Promise.all(others.map((one) => one.ping()))));
    const base = Math.max(0, (await meter.cost(40, () => together(() => publish(1)))) / COMPANY - command);
    const rouse = await fitRouse(server, () => publish(1));
    const nobody = await meter.cost(500, () => publish(1));
    for (const one of others) await one.ssubscribe(CHANNEL);
    const one = await meter.cost(200, () => publish(1));
    const several = await meter.cost(100, () => publish(MESSAGES));

    const socket = Math.max(0, (crowd - alone) / (MANY - 1) - command);
    // Of each subscriber, one message is MESSAGES - 1 fewer.
    const each = Math.max(0, ((several - one) / (MESSAGES - 1) - base - command) / MANY);
    const toOne = (one - nobody) / MANY;
    const turn = Math.max(0, alone - socket - command);
    return {
      turn: { base: turn, cold: Math.max(0, rested - turn - socket - command) },
      socket,
      // Writing to them at all is in the costs of publishing.
      rouse: Math.max(0, rouse - toOne),
      command,
      publish: { base, each, socket: Math.max(0, toOne - each) },
    };
  } finally {
    for (const one of others) one.disconnect();
  }
}

/** What each of several sleepers adds to a message that wakes them. */
async function fitRouse({ url, meter }: MeasuredRedis, publish: () => Promise<unknown>): Promise<number> {
  const toNobody = await meter.costAfterRest(publish);
  const end = await startSleepingListeners(SLEEPERS, url, CHANNEL);
  const toSleepers = await meter.costAfterRest(publish);
  await end();
  return Math.max(0, (toSleepers - toNobody) / SLEEPERS);
}

async function connect(url: string): Promise<Redis> {
  const redis = new Redis(url, { lazyConnect: true });
  await redis.connect();
  return redis;
}
