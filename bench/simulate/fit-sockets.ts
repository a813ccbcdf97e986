import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { RedisCosts } from './redis/costs.ts';
import { costsAfterRest, type RedisMeter } from './redis-meter.ts';

/** Connections that ask, or listen, at once. */
const MANY = 64;
/** Messages that are published at once. */
const MESSAGES = 16;
/** Calls that arrive together. */
const COMPANY = 100;
const CHANNEL = 'fit:{0}';
/** Until what was sent lies at the server's end, in ms. */
const ON_ITS_WAY_MS = 5;

/** Until it has answered a single call, in ms. */
const ANSWERED_MS = 0.2;

/** The Redis that is measured, and a connection to it. */
export interface MeasuredRedis {
  readonly url: string;
  readonly redis: Redis;
  readonly meter: RedisMeter;
}

/**
 * What connections cost a Redis, whatever they ask. `alone` is a call whose sender sleeps until it is answered. It is stopped while requests pile up, so that one turn takes them
 * all.
 */
export async function fitSockets(
  server: MeasuredRedis,
): Promise<Pick<RedisCosts, 'turn' | 'socket' | 'rouse' | 'command' | 'publish'> & { readonly alone: number }> {
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
    const toAwake = await meter.cost(500, () => askAwake(ping));
    const [rested = 0, restedToAwake = 0] = await costsAfterRest([
      { meter, run: ping },
      { meter, run: () => askAwake(ping) },
    ]);
    const command = (await meter.cost(40, () => together(ping))) / COMPANY;
    const crowd = await meter.cost(60, () => atOnce(() => Promise.all(others.map((one) => one.ping()))));
    const base = Math.max(0, (await meter.cost(40, () => together(() => publish(1)))) / COMPANY - command);
    const nobody = await meter.cost(500, () => publish(1));
    for (const one of others) await one.ssubscribe(CHANNEL);
    const one = await meter.cost(200, () => publish(1));
    const several = await meter.cost(100, () => publish(MESSAGES));

    const socket = Math.max(0, (crowd - toAwake) / (MANY - 1) - command);
    // Of each subscriber, one message is MESSAGES - 1 fewer.
    const each = Math.max(0, ((several - one) / (MESSAGES - 1) - base - command) / MANY);
    const toOne = (one - nobody) / MANY;
    const turn = Math.max(0, toAwake - socket - command);
    return {
      alone,
      turn: { base: turn, cold: Math.max(0, restedToAwake - turn - socket - command) },
      socket,
      rouse: Math.max(0, rested - restedToAwake),
      command,
      publish: { base, each, socket: Math.max(0, toOne - each) },
    };
  } finally {
    for (const one of others) one.disconnect();
  }
}

/** By one who has other things to do until it is answered, and need not be woken for the answer. */
async function askAwake(ask: () => Promise<unknown>): Promise<void> {
  const answered = ask();
  const until = performance.now() + ANSWERED_MS;
  while (performance.now() < until);
  await answered;
}

async function connect(url: string): Promise<Redis> {
  const redis = new Redis(url, { lazyConnect: true });
  await redis.connect();
  return redis;
}
