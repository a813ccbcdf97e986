import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { RedisCosts } from './redis/costs.ts';

/** Connections that ask, or listen, at once. */
const MANY = 64;
/** Messages that are published at once. */
const MESSAGES = 16;
const CHANNEL = 'fit:{0}';
/** Until what was sent lies at the server's end, in ms. */
const ON_ITS_WAY_MS = 5;

/** The Redis that is measured: a connection to it, its process, and what that has used so far, in µs. */
export interface MeasuredRedis {
  readonly url: string;
  readonly redis: Redis;
  readonly pid: number;
  readonly cpuMicros: () => number;
}

/** What connections cost a Redis, whatever they ask. It is stopped while requests pile up, so that one turn takes them all. */
export async function fitSockets(
  server: MeasuredRedis,
): Promise<Pick<RedisCosts, 'turn' | 'socket' | 'command' | 'publish'>> {
  const { redis, url, pid, cpuMicros } = server;
  const others = await Promise.all(Array.from({ length: MANY }, () => connect(url)));
  const cost = async (times: number, run: () => Promise<unknown>) => {
    const before = cpuMicros();
    for (let n = 0; n < times; n++) await run();
    return (cpuMicros() - before) / times;
  };
  const atOnce = async (run: () => Promise<unknown>) => {
    process.kill(pid, 'SIGSTOP');
    const answered = run();
    await sleep(ON_ITS_WAY_MS);
    process.kill(pid, 'SIGCONT');
    await answered;
  };
  const publish = (count: number) => Promise.all(Array.from({ length: count }, () => redis.spublish(CHANNEL, 'new')));
  try {
    const alone = await cost(2_000, () => redis.ping());
    const command = (await cost(40, () => Promise.all(Array.from({ length: 100 }, () => redis.ping())))) / 100;
    const crowd = await cost(60, () => atOnce(() => Promise.all(others.map((one) => one.ping()))));
    const nobody = await cost(2_000, () => publish(1));
    for (const one of others) await one.ssubscribe(CHANNEL);
    const one = await cost(200, () => publish(1));
    const several = await cost(100, () => publish(MESSAGES));

    const socket = Math.max(0, (crowd - alone) / (MANY - 1) - command);
    const base = Math.max(0, nobody - alone);
    // Of each subscriber, one message is MESSAGES - 1 fewer.
    const each = Math.max(0, ((several - one) / (MESSAGES - 1) - base - command) / MANY);
    const toOne = (one - nobody) / MANY;
    return {
      turn: Math.max(0, alone - socket - command),
      socket,
      command,
      publish: { base, each, socket: Math.max(0, toOne - each) },
    };
  } finally {
    for (const one of others) one.disconnect();
  }
}

async function connect(url: string): Promise<Redis> {
  const redis = new Redis(url, { lazyConnect: true });
  await redis.connect();
  return redis;
}
