import { setTimeout as sleep } from 'node:timers/promises';
import { createKeys } from '@millrace/stream-client';
import type { Redis } from 'ioredis';
import { drainedByMillrace } from '../load/contenders.ts';
import { EVENT_TYPE } from '../load/events.ts';
import { TOOL } from '../peers/mcp-clients.ts';
import { cpuMicrosOf, startPeer } from '../processes/bench-process.ts';
import { startConsumer } from '../processes/millrace-consumer.ts';
import { startRedis } from '../processes/redis-level.ts';
import type { ConsumerCosts } from './settings.ts';

const EVENTS = 4_000;
const AT_ONCE = 32;
const ROUTE = {
  id: 'call',
  on: { type: EVENT_TYPE },
  call: { server: 'aws', tool: TOOL },
  with: '{ "eventId": id, "action": "bench" }',
};

/** What a consumer spends, by the scheduler's account. */
export async function fitConsumer(): Promise<ConsumerCosts> {
  const { reply, wake } = await fitMessages();
  const event = await fitEvent();
  // Where in the event it is spent cannot be told from outside: before the call and after it in equal parts.
  return { reply, wake, entry: Math.round(event / 2), answer: Math.round(event / 2) };
}

/** An event with one tool call, with as many others as there are places; its share of replies is in it. */
async function fitEvent(): Promise<number> {
  const tool = await startPeer('slow-tool', { DELAY_MS: '0' });
  const drained = drainedByMillrace('one consumer', 'memory', EVENTS, async (redis) => [
    await startConsumer(redis, {
      routes: [ROUTE],
      mcpUrl: `http://127.0.0.1:${tool.port}/mcp`,
      concurrency: AT_ONCE,
    }),
  ]);
  const runner = await drained.start();
  try {
    // The first run warms it up.
    await runner.measure();
    return (await runner.measure())['CPU µs/event'] ?? Number.NaN;
  } finally {
    await runner.stop();
    await tool.stop();
  }
}

const TIMES = 3_000;

/** What reaches a consumer from Redis. A reply is taken from this process, which has the same client and nothing else to do. */
async function fitMessages(): Promise<Pick<ConsumerCosts, 'reply' | 'wake'>> {
  const server = await startRedis('memory');
  const settings = { routes: [ROUTE], concurrency: AT_ONCE, env: { MILLRACE_PARTITIONS: '4' } };
  const consumer = await startConsumer(server, settings);
  const { wake: channel } = createKeys('millrace', '1');
  const look = async () => {
    const [before, readsBefore] = [cpuMicrosOf(consumer.pid) ?? Number.NaN, await countReads(server.redis)];
    const { user, system } = process.cpuUsage();
    // One after the other: each is a message of its own to whoever listens.
    for (let n = 0; n < TIMES; n++) await server.redis.spublish(channel, 'new');
    const own = process.cpuUsage();
    const reply = (own.user + own.system - user - system) / TIMES;
    // What was published last is read as well.
    await sleep(50);
    const micros = (cpuMicrosOf(consumer.pid) ?? Number.NaN) - before;
    const reads = (await countReads(server.redis)) - readsBefore;
    return { reply, wake: Math.max(0, micros - reads * reply) / TIMES };
  };
  try {
    // The first run warms both up.
    await look();
    const { reply, wake } = await look();
    return { reply: Math.round(reply), wake: Math.round(wake) };
  } finally {
    await consumer.stop();
    await server.stop();
  }
}

async function countReads(redis: Redis): Promise<number> {
  return Number(/^cmdstat_xreadgroup:calls=(\d+)/m.exec(await redis.info('commandstats'))?.[1] ?? 0);
}
