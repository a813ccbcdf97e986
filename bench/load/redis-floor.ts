import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { withCosts } from '../processes/costs.ts';
import { type Level, startRedis } from '../processes/redis-level.ts';
import type { Comparison, Contender, Scope } from '../suite/comparison.ts';
import { EventMaker } from './events.ts';

const run = promisify(execFile);
const CONNECTIONS = 64;

const isInstalled = spawnSync('redis-benchmark', ['--version']).status === 0;

/**
 * What Redis alone allows: `redis-benchmark`, one XADD of an event for each request, on as many connections as producers are
 * posted to. No HTTP, no identity, no answer that anybody reads. Where it is not installed, that is said in place of it.
 */
export function withFloor(comparison: Comparison, { quick }: Scope, level: Level): Comparison {
  if (!isInstalled) return { ...comparison, note: 'the floor is not measured: redis-benchmark is not installed' };
  return { ...comparison, contenders: [...comparison.contenders, redisAlone(level, quick ? 10_000 : 60_000)] };
}

function redisAlone(level: Level, count: number): Contender {
  return {
    name: 'redis-benchmark XADD',
    start: async () => {
      const server = await startRedis(level);
      const { url, redis } = server;
      const events = new EventMaker();
      const how = ['-p', new URL(url).port, '-c', String(CONNECTIONS), '-n', String(count), '--csv'];
      return {
        measure: () =>
          withCosts([], redis, async () => {
            const { stdout } = await run('redis-benchmark', [...how, 'XADD', 'floor', '*', 'event', events.nextJson()]);
            await redis.del('floor');
            return { events: count, figures: { 'events/s': parsePerSecond(stdout) } };
          }),
        stop: () => server.stop(),
      };
    },
  };
}

/** The last line is of the test: its command, which may hold anything, and seven figures, of which requests a second is the first. */
function parsePerSecond(csv: string): number {
  const perSecond = Number(csv.trim().split('","').at(-7));
  if (!Number.isFinite(perSecond)) throw new Error(`redis-benchmark answers otherwise than is known: ${csv}`);
  return perSecond;
}
