import { drainedByBullMq, drainedByLoop, drainedByMillrace } from './load/contenders.ts';
import { EVENT_TYPE } from './load/events.ts';
import { TOOL } from './peers/mcp-clients.ts';
import { type BenchProcess, startPeer } from './processes/bench-process.ts';
import { withCosts } from './processes/costs.ts';
import { startConsumer } from './processes/millrace-consumer.ts';
import { type MockCloud, startMockCloud } from './processes/mock-cloud.ts';
import type { BenchRedis, Level } from './processes/redis-level.ts';
import type { Comparison, Contender, Scope } from './suite/comparison.ts';

const AT_ONCE = 32;

/** P4 and P5: one tool call for each event, by one consumer, 32 at a time, on the same server for all. */
export function callTools({ quick, levels }: Scope): readonly Comparison[] {
  const count = quick ? 1_000 : 8_000;
  return levels.map((level) => {
    // Started with the first contender, stopped with the last.
    const cloud = sharedCloud();
    return {
      id: `P4 ${level}`,
      title: `consume: one tool call each, ${AT_ONCE} at a time, one consumer; and P5, effectively-once against at-least-once`,
      contenders: [
        cloud.used((url, server) => millrace('Millrace', 'at-least-once', level, count, url, server)),
        cloud.used((url, server) => {
          return millrace('Millrace effectively-once', 'effectively-once', level, count, url, server);
        }),
        cloud.used((url, server) => callerLoop('our caller alone', count, url, server)),
        cloud.used((url, server) => {
          const env = { MCP_URL: url, CONCURRENCY: String(AT_ONCE) };
          return drainedByBullMq('BullMQ + MCP client', level, count, 'bullmq-worker', env, server);
        }),
        cloud.used((url, server) => {
          return drainedByLoop('read one, call', level, count / 4, 'read-one-loop', { MCP_URL: url }, server);
        }),
      ],
      bars: [
        { contender: 'Millrace', figure: 'events/s', against: 'BullMQ + MCP client', atLeast: 2 },
        { contender: 'Millrace', figure: 'events/s', against: 'our caller alone', atLeast: 0.9 },
        { contender: 'Millrace', figure: 'events/s', against: 'read one, call', atLeast: 4 },
        { contender: 'Millrace effectively-once', figure: 'events/s', against: 'Millrace', atLeast: 0.85 },
      ],
    };
  });
}

function millrace(
  name: string,
  delivery: string,
  level: Level,
  count: number,
  mcpUrl: string,
  server: BenchProcess | undefined,
): Contender {
  const route = {
    id: 'audit',
    on: { type: EVENT_TYPE },
    call: { server: 'aws', tool: TOOL },
    with: '{ "eventId": id, "action": "bench" }',
    delivery,
    idempotency: 'key',
  };
  const start = async (redis: BenchRedis) => [
    await startConsumer(redis, { routes: [route], mcpUrl, concurrency: AT_ONCE }),
  ];
  return drainedByMillrace(name, level, count, start, server);
}

function callerLoop(name: string, count: number, mcpUrl: string, server: BenchProcess | undefined): Contender {
  return {
    name,
    start: async () => {
      const loop = await startPeer('caller-loop', { MCP_URL: mcpUrl });
      const makeCalls = async () => {
        const startedAt = performance.now();
        await loop.run(count);
        return { events: count, figures: { 'events/s': count / ((performance.now() - startedAt) / 1_000) } };
      };
      return { measure: () => withCosts([loop], undefined, makeCalls, server), stop: () => loop.stop() };
    },
  };
}

/** One mock cloud for several contenders: there with the first that starts, gone with the last that stops. */
function sharedCloud() {
  let cloud: MockCloud | undefined;
  let users = 0;
  return {
    used: (toContender: (mcpUrl: string, server: BenchProcess | undefined) => Contender): Contender => ({
      name: toContender('', undefined).name,
      start: async () => {
        cloud ??= await startMockCloud();
        users += 1;
        const runner = await toContender(cloud.mcpUrl, cloud.process).start();
        return {
          measure: () => runner.measure(),
          stop: async () => {
            await runner.stop();
            users -= 1;
            if (users === 0) await cloud?.process.stop();
          },
        };
      },
    }),
  };
}
