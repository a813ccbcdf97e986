// Copies the append-only file of a running Redis, so that it can be started from the copy.
//
//   REDIS_URL=redis://admin:password@127.0.0.1:6379 node infra/redis/backup.mjs TARGET [--data DIR]
//
// TARGET is a folder that is not there yet. DIR is where Redis' data are seen from here; without it, where Redis says that
// they are. While the copy is made Redis does not rewrite the file, nothing else changes: it takes writes, and whatever it
// had answered when this began is in the copy. REDIS_URL may be given as REDIS_URL_FILE, the path of a file with it. Who
// asks has to be allowed CONFIG and INFO. Exits 1, with the reason, when there is no whole copy; docs/operations.md
// says how to go back to one.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { connectToRedis } from './redis-connection.mjs';

const USAGE = 'usage: REDIS_URL=redis://… node infra/redis/backup.mjs TARGET [--data DIR]';
/** A rewrite of a large file takes its time; this is how long it is waited for, in ms. */
const REWRITE_TIMEOUT_MS = 600_000;
const REWRITES_AT = 'auto-aof-rewrite-percentage';

/** @typedef {import('./redis-connection.mjs').RedisConnection} RedisConnection */

/** @param {readonly string[]} args */
async function backUp(args) {
  const { positionals, values } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { data: { type: 'string' } },
  });
  const [target, ...rest] = positionals;
  if (target === undefined || rest.length > 0) throw new Error(USAGE);
  if (existsSync(target)) throw new Error(`${target} is there already; name a folder that is not`);
  const redis = await connectToRedis(readUrl());
  try {
    const source = join(values.data ?? (await configured(redis, 'dir')), await configured(redis, 'appenddirname'));
    if (!existsSync(source))
      throw new Error(`${source} is not there; say with --data where Redis' data are seen from here`);
    const rewritesAt = await configured(redis, REWRITES_AT);
    await redis.send('CONFIG', 'SET', REWRITES_AT, '0');
    try {
      await untilNotRewriting(redis);
      copy(source, target);
    } finally {
      await redis.send('CONFIG', 'SET', REWRITES_AT, rewritesAt);
    }
  } finally {
    redis.close();
  }
  const bytes = readdirSync(target).reduce((sum, file) => sum + statSync(join(target, file)).size, 0);
  console.log(`${target}: ${readdirSync(target).length} files, ${bytes} bytes`);
}

/** Under another name until it is whole. @param {string} source @param {string} target */
function copy(source, target) {
  const unfinished = `${target}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true, mode: 0o700 });
  cpSync(source, unfinished, { recursive: true, preserveTimestamps: true });
  renameSync(unfinished, target);
}

function readUrl() {
  const { REDIS_URL, REDIS_URL_FILE } = process.env;
  const url = REDIS_URL ?? (REDIS_URL_FILE && readFileSync(REDIS_URL_FILE, 'utf8').trim());
  if (!url) throw new Error(USAGE);
  return url;
}

/** @param {RedisConnection} redis @param {string} name */
async function configured(redis, name) {
  const answer = await redis.send('CONFIG', 'GET', name);
  const value = Array.isArray(answer) ? answer[1] : undefined;
  if (typeof value !== 'string') throw new Error(`Redis does not know ${name}; it has to be 7.0 or newer`);
  return value;
}

/** @param {RedisConnection} redis */
async function untilNotRewriting(redis) {
  const giveUpAt = Date.now() + REWRITE_TIMEOUT_MS;
  while (Date.now() < giveUpAt) {
    const info = String(await redis.send('INFO', 'persistence'));
    if (!/^aof_enabled:1/m.test(info)) throw new Error('Redis has no append-only file');
    if (/^aof_rewrite_in_progress:0/m.test(info) && /^aof_rewrite_scheduled:0/m.test(info)) return;
    await sleep(200);
  }
  throw new Error('Redis is still rewriting its append-only file after ten minutes');
}

try {
  await backUp(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
