import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { SHORT_TIMES, System } from '../system/system.js';

const run = promisify(execFile);
const program = join(import.meta.dirname, '../../infra/redis/backup.mjs');
const TYPE = 'dev.millrace.verify.effectively-once';
/** With more than one there is more that a copy must have at one moment. */
const PARTITIONS = 4;

let system: System;
let dir: string;

beforeAll(async () => {
  system = await System.start(1, { env: { ...SHORT_TIMES, MILLRACE_PARTITIONS: `${PARTITIONS}` } });
  dir = await mkdtemp(join(tmpdir(), 'millrace-backup-'));
});

afterAll(async () => {
  await system.stop();
  await rm(dir, { recursive: true });
});

const backUp = (target: string, env: Record<string, string> = { REDIS_URL: system.redisServer.url }) =>
  run(process.execPath, [program, target], { env, timeout: 30_000 });

async function postMany(prefix: string, count: number): Promise<string[]> {
  const posted = Array.from({ length: count }, (_, n) => system.post({ id: `${prefix}-${n}`, type: TYPE, data: {} }));
  return (await Promise.all(posted)).map(({ body }) => body.ref);
}

describe('a backup of a running Redis', () => {
  it('has everything that was accepted when it began: what was done stays done, what was open is delivered, what came later is gone and can be sent again', async () => {
    const target = join(dir, 'copy');
    const done = await postMany('done', 20);
    for (const ref of done) await system.untilState(ref, 'done');
    await system.consumers[0]?.stop();
    const open = await postMany('open', 30);
    // Writes go on while the copy is made.
    const [{ stdout }] = await Promise.all([backUp(target), postMany('meanwhile', 30)]);
    expect(stdout).toMatch(/copy: \d+ files, \d+ bytes/);
    const [late = ''] = await postMany('late', 1);
    expect(new Set(open.map((ref) => ref.split('-')[0])).size).toBe(PARTITIONS);

    await system.redisServer.kill();
    const data = join(system.redisServer.dir, 'appendonlydir');
    await rm(data, { recursive: true });
    await cp(target, data, { recursive: true });
    await system.redisServer.restart();
    await system.startConsumer();

    for (const ref of [...done, ...open]) await system.untilState(ref, 'done');
    await system.untilIdle();
    await expect(system.record(late)).rejects.toThrow('404');
    const again = await system.post({ id: 'late-0', type: TYPE, data: {} });
    expect(again).toMatchObject({ status: 202, body: { duplicate: false } });
    await system.untilState(again.body.ref, 'done');

    const witnessed = await system.witnessed('azure');
    const effectsOf = (prefix: string, count: number) =>
      Array.from({ length: count }, (_, n) => witnessed.get(`${prefix}-${n}`)?.effects ?? 0);
    expect(new Set([...effectsOf('done', 20), ...effectsOf('open', 30)])).toEqual(new Set([1]));
  });

  it('leaves Redis as it was, with its rewrites', async () => {
    const redis = new Redis(system.redisServer.url);
    await redis.config('SET', 'auto-aof-rewrite-percentage', '70');
    await backUp(join(dir, 'another'));
    expect(await redis.config('GET', 'auto-aof-rewrite-percentage')).toEqual(['auto-aof-rewrite-percentage', '70']);
    redis.disconnect();
  });

  it('is refused with the reason when it would not be one, and leaves no half of one', async () => {
    await expect(backUp(dir)).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('is there already') });
    await expect(backUp(join(dir, 'x'), {})).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('usage'),
    });
    await expect(backUp(join(dir, 'x'), { REDIS_URL: 'redis://127.0.0.1:1' })).rejects.toMatchObject({ code: 1 });
    expect((await readdir(dir)).sort()).toEqual(['another', 'copy']);
  });
});
