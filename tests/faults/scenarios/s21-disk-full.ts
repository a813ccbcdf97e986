import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { judge } from '@millrace/cli';
import { startRedisServer } from '@millrace/testing';
import { withRedis } from '../../system/replicated-redis.ts';
import { startService } from '../../system/service-process.ts';
import type { Scenario } from '../scenario.ts';
import type { Stage } from '../stage.ts';
import { startSystem } from '../start-system.ts';

const run = promisify(execFile);
const RATE = 40;
const ENDED = 'ends of Redis (always) because its disk was full';
const REFUSED = 'events refused with 503 by Redis (everysec) because its disk was full';

let disk: string;

/** S21: the disk under the append-only file is full. With `always` Redis ends itself, with `everysec` it refuses writes. */
export const diskFull: Scenario = {
  id: 'S21',
  title: 'a full disk under Redis costs time and no event, whatever the fsync policy',
  fault: 'disk full, with always and with everysec',
  evidence: { [ENDED]: 1, [REFUSED]: 1 },
  minAccepted: 40,
  isShort: false,
  missing: findMissingMount,
  async start() {
    disk = await mountDisk();
    const system = await startSystem(2, { redis: await startRedisServer(['--dir', disk]) });
    // Named last, so it is done before Redis has ended; a lazy unmount waits for it.
    system.onStop(() => unmountDisk(disk));
    return system;
  },
  async run(stage) {
    const { system, evidence, producer } = stage;
    await stage.slowTools(50);
    const load = stage.startLoad(RATE);
    await stage.sleep(2_000);
    await fillDisk();
    await stage.until(() => !system.redisServer.isRunning, 'Redis has ended');
    evidence.note(ENDED);
    await stage.sleep(1_000);
    await rm(join(disk, 'filler'));
    await system.redisServer.restart();
    const freedAt = performance.now();
    await stage.until(() => producer.posts.some(({ at, status }) => at > freedAt && status === 202), 'events come in');
    stage.timing('always: events are accepted after the restart', performance.now() - freedAt, 5_000);
    await stage.sleep(2_000);
    await load.stop();
    await runEverysec(stage);
  },
};

async function runEverysec(stage: Stage): Promise<void> {
  const dir = join(disk, 'everysec');
  await mkdir(dir);
  const redis = await startRedisServer(['--dir', dir, '--appendfsync', 'everysec']);
  stage.system.onStop(() => redis.stop());
  const env = { REDIS_URL: redis.url, MILLRACE_DURABILITY: 'memory', PRODUCER_PORT: '0' };
  const producer = await startService('producer', env);
  stage.system.onStop(() => producer.kill());
  const accepted: string[] = [];
  let sent = 0;
  const post = async () => {
    const body = JSON.stringify({ type: 'full', id: `full-${sent++}`, source: '/full', data: 'x'.repeat(500) });
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${producer.url}/v1/events`, { method: 'POST', headers, body });
    if (answer.status === 202) accepted.push(((await answer.json()) as { ref: string }).ref);
    return answer.status;
  };
  for (let n = 0; n < 50; n += 1) await post();
  await fillDisk();
  await stage.until(async () => (await post()) === 503, 'events are refused');
  stage.evidence.note(REFUSED);
  await rm(join(disk, 'filler'));
  const freedAt = performance.now();
  await stage.until(async () => (await post()) === 202, 'events are accepted, without a restart');
  stage.timing('everysec: events are accepted once there is room', performance.now() - freedAt, 5_000);
  await withRedis(redis, async (one) => {
    const kept = new Set((await one.xrange('millrace:{0}:events', '-', '+')).map(([id]) => `0-${id}`));
    const lost = accepted.filter((ref) => !kept.has(ref)).length;
    stage.findings.push(
      judge('everysec-lost-nothing', lost === 0 ? undefined : `${lost} accepted events are gone`, false),
    );
  });
}

async function fillDisk(): Promise<void> {
  await writeFile(join(disk, 'filler'), Buffer.alloc(64 * 1024 * 1024)).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOSPC') throw error;
  });
}

async function mountDisk(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'millrace-disk-'));
  await run('mount', ['-t', 'tmpfs', '-o', 'size=32m', 'tmpfs', dir]);
  return dir;
}

async function unmountDisk(dir: string): Promise<void> {
  await run('umount', ['--lazy', dir]);
  await rm(dir, { recursive: true });
}

async function findMissingMount(): Promise<string | undefined> {
  try {
    await unmountDisk(await mountDisk());
    return undefined;
  } catch (error) {
    return `no disk of its own can be mounted: ${(error as Error).message.split('\n')[0]}`;
  }
}
