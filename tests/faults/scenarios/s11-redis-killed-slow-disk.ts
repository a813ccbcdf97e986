import { judge } from '@millrace/cli';
import { type RedisServer, startRedisServer } from '@millrace/testing';
import { Redis } from 'ioredis';
import { startService } from '../../system/service-process.ts';
import { ACCEPTED_AT_LAST, KILLS_WITH_HELD_WORK, killRedis } from '../redis-killing.ts';
import type { Scenario } from '../scenario.ts';
import { buildShim, findMissingCompiler } from '../shims/build-shim.ts';
import type { Stage } from '../stage.ts';
import { startSystem } from '../start-system.ts';

const KILLS = 20;
const RATE = 60;
/** How much longer a sync takes: for each write of the one, for each second of the other, in ms. */
const SYNC_MS = 15;
const CONTROL_SYNC_MS = 1_500;
/** What docs/guarantees.md names for `memory`: no event accepted longer before the kill may be lost, in ms. */
const MEMORY_BOUND_MS = 3_000;
const CONTROL_LOST = 'events that everysec lost (the control)';

/** S11: the same on a slow disk, twenty times; and a Redis with `everysec` beside it, to see that the disk is slow. */
export const redisKilledOnSlowDisk: Scenario = {
  id: 'S11',
  title: 'twenty kills of Redis on a slow disk lose nothing with always, and with everysec what was named',
  fault: `kill -9 of Redis twenty times, fdatasync ${SYNC_MS} ms slower; control: everysec, ${CONTROL_SYNC_MS} ms slower`,
  evidence: { [ACCEPTED_AT_LAST]: KILLS, [KILLS_WITH_HELD_WORK]: KILLS, [CONTROL_LOST]: 1 },
  minAccepted: 300,
  isShort: false,
  limitMs: 600_000,
  missing: () => findMissingCompiler('slow-disk'),
  start: async () => startSystem(2, { redis: await startSlowRedis([], SYNC_MS) }),
  async run(stage) {
    await stage.slowTools(80);
    const load = stage.startLoad(RATE);
    for (let kill = 0; kill < KILLS; kill += 1) {
      await stage.sleep(300 + 700 * stage.random());
      await killRedis(stage, stage.system.redisServer, 200);
    }
    await load.stop();
    await runControl(stage);
  },
};

async function startSlowRedis(args: readonly string[], syncMs: number): Promise<RedisServer> {
  const env = { LD_PRELOAD: await buildShim('slow-disk'), MILLRACE_SYNC_MS: String(syncMs) };
  return startRedisServer(args, { env });
}

/** A producer at `memory` over a Redis that syncs every second, on a disk that takes longer: what was accepted and is gone. */
async function runControl(stage: Stage): Promise<void> {
  const redis = await startSlowRedis(['--appendfsync', 'everysec'], CONTROL_SYNC_MS);
  stage.system.onStop(() => redis.stop());
  const env = { REDIS_URL: redis.url, MILLRACE_DURABILITY: 'memory', PRODUCER_PORT: '0' };
  const producer = await startService('producer', env);
  stage.system.onStop(() => producer.kill());
  const acceptedAt = new Map<string, number>();
  let isOver = false;
  const senders = Array.from({ length: 16 }, async (_, sender) => {
    for (let n = 0; !isOver; n += 1) {
      const id = `control-${sender}-${n}`;
      const body = JSON.stringify({ type: 'control', id, source: '/control', data: {} });
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch(`${producer.url}/v1/events`, { method: 'POST', headers, body }).catch(() => undefined);
      if (answer?.status === 202) acceptedAt.set(((await answer.json()) as { ref: string }).ref, performance.now());
    }
  });
  await stage.sleep(8_000);
  const killedAt = performance.now();
  await redis.kill();
  isOver = true;
  await Promise.all(senders);
  await redis.restart();
  const own = new Redis(redis.url);
  const kept = new Set((await own.xrange('millrace:{0}:events', '-', '+')).map(([id]) => `0-${id}`));
  own.disconnect();
  const lost = [...acceptedAt].filter(([ref]) => !kept.has(ref));
  const oldestMs = Math.max(0, ...lost.map(([, at]) => killedAt - at));
  stage.evidence.note(CONTROL_LOST, lost.length);
  stage.evidence.note('events that the control accepted', acceptedAt.size);
  stage.timing('the control: the oldest lost event was accepted so long before the kill', oldestMs, MEMORY_BOUND_MS);
  const why = oldestMs <= MEMORY_BOUND_MS ? undefined : `one was accepted ${Math.round(oldestMs)} ms before the kill`;
  stage.findings.push(judge('memory-loses-the-last-seconds-alone', why, false));
}
