import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';
import { EVENT_TYPE, EventMaker } from './load/events.ts';
import { startProducer } from './p1-one-event-per-post.ts';
import { TOOL } from './peers/mcp-clients.ts';
import { type BenchProcess, startPeer } from './processes/bench-process.ts';
import { startConsumer } from './processes/millrace-consumer.ts';
import { type BenchRedis, type Level, startRedis } from './processes/redis-level.ts';
import { startToolServer } from './processes/tool-server.ts';
import type { Comparison, Contender, Figures, Scope } from './suite/comparison.ts';

const PER_SECOND = 100;

/** P6: from the beginning of a POST until the tool has its call, at a load that nobody finds hard. */
export function arriveSoon({ quick, levels }: Scope): readonly Comparison[] {
  const count = PER_SECOND * (quick ? 2 : 10);
  return levels.map((level) => ({
    id: `P6 ${level}`,
    ...(quick ? { rounds: 1 } : {}),
    title: `from POST to tool call, ${PER_SECOND} events/s`,
    contenders: [
      travelling('Millrace', level, count, async (redis, mcpUrl) => {
        const route = { id: 'audit', on: { type: EVENT_TYPE }, call: { server: 'aws', tool: TOOL }, with: ARGUMENTS };
        const consumer = await startConsumer(redis, { routes: [route], mcpUrl, concurrency: 64 });
        return [await startProducer(redis), consumer];
      }),
      travelling('written by hand', level, count, async ({ url }, mcpUrl) => [
        await startPeer('fastify-xadd', { REDIS_URL: url }),
        await startPeer('undici-loop', { REDIS_URL: url, MCP_URL: mcpUrl }),
      ]),
      travelling('BullMQ + MCP client', level, count, async ({ url }, mcpUrl) => [
        await startPeer('fastify-bullmq', { REDIS_URL: url }),
        await startPeer('bullmq-worker', { REDIS_URL: url, MCP_URL: mcpUrl }),
      ]),
    ],
    bars: [
      { contender: 'Millrace', figure: 'p50 ms', against: 'written by hand', atMost: 2 },
      { contender: 'Millrace', figure: 'p99 ms', against: 'written by hand', atMost: 3 },
    ],
  }));
}

const ARGUMENTS = '{ "eventId": id, "action": "bench" }';

/** A door to post to and whatever is behind it; the tool server is in this process, so that one clock measures both ends. */
function travelling(
  name: string,
  level: Level,
  count: number,
  startParts: (redis: BenchRedis, mcpUrl: string) => Promise<[door: BenchProcess, worker: BenchProcess]>,
): Contender {
  return {
    name,
    start: async () => {
      const trips = new Trips();
      const tool = await startToolServer({ delayMs: 0, onCall: (eventId) => trips.arrived(eventId) });
      const redis = await startRedis(level);
      const [door, worker] = await startParts(redis, `http://127.0.0.1:${tool.port}/mcp`);
      const pool = new Pool(`http://127.0.0.1:${door.port}`, { connections: 64 });
      const events = new EventMaker();
      return {
        measure: () => trips.make(count, () => post(pool, events, trips)),
        stop: async () => {
          await pool.destroy();
          await door.stop();
          await worker.stop();
          tool.server.closeAllConnections();
          tool.server.close();
          await redis.stop();
        },
      };
    },
  };
}

async function post(pool: Pool, events: EventMaker, trips: Trips): Promise<void> {
  const body = events.nextJson();
  trips.begun((JSON.parse(body) as { id: string }).id);
  const headers = { 'content-type': 'application/cloudevents+json' };
  const reply = await pool.request({ path: '/v1/events', method: 'POST', headers, body });
  await reply.body.dump();
  if (reply.statusCode !== 202) throw new Error(`an event was answered ${reply.statusCode}`);
}

/** Times from the beginning to the end of each trip. */
class Trips {
  readonly #begun = new Map<string, number>();
  #times: number[] = [];

  begun(id: string): void {
    this.#begun.set(id, performance.now());
  }

  arrived(id: string): void {
    const begunAt = this.#begun.get(id);
    if (begunAt !== undefined) this.#times.push(performance.now() - begunAt);
    this.#begun.delete(id);
  }

  /** Sets off at even intervals, whether the last has arrived or not. */
  async make(count: number, setOff: () => Promise<void>): Promise<Figures> {
    this.#times = [];
    const startedAt = performance.now();
    const under: Promise<void>[] = [];
    for (let n = 0; n < count; n++) {
      await sleep(Math.max(0, startedAt + (n * 1_000) / PER_SECOND - performance.now()));
      under.push(setOff());
    }
    await Promise.all(under);
    for (let waited = 0; this.#begun.size > 0; waited += 10) {
      if (waited > 30_000) throw new Error(`${this.#begun.size} events have not arrived within 30 s`);
      await sleep(10);
    }
    const sorted = this.#times.toSorted((a, b) => a - b);
    const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
    return { 'p50 ms': at(0.5), 'p99 ms': at(0.99), 'max ms': at(1) };
  }
}
