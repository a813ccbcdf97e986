import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { findRedis } from '../../scripts/prepare/redis.mjs';
import { cachedRedis } from '../../scripts/prepare/redis-debian.mjs';
import { createTempDir } from './fake-specs.mjs';

const signal = new AbortController().signal;

/**
 * A program that only knows its version.
 * @param {string} path
 * @param {string} says
 */
function writeProgram(path, says) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `#!/bin/sh\necho '${says}'\n`);
  chmodSync(path, 0o755);
  return path;
}

describe('findRedis', () => {
  it('takes the first program on PATH that is new enough', async () => {
    const dir = createTempDir('path');
    writeProgram(join(dir, 'old', 'redis-server'), 'Redis server v=6.2.7 sha=0');
    const path = writeProgram(join(dir, 'new', 'redis-server'), 'Redis server v=7.2.4 sha=0');
    const env = { PATH: `${join(dir, 'old')}:${join(dir, 'new')}` };
    const found = await findRedis({ stateDir: dir, env, modes: ['path', 'cached'], signal });
    expect(found).toEqual({ kind: 'program', path, version: 'Redis 7.2.4' });
  });

  it('takes Valkey 8', async () => {
    const dir = createTempDir('valkey');
    const path = writeProgram(join(dir, 'valkey-server'), 'Valkey server v=8.1.1 sha=0');
    const found = await findRedis({ stateDir: dir, env: { MILLRACE_REDIS_SERVER: path }, modes: ['path'], signal });
    expect(found).toEqual({ kind: 'program', path, version: 'Valkey 8.1.1' });
  });

  it('falls back to the one fetched before', async () => {
    const dir = createTempDir('cached');
    const path = writeProgram(cachedRedis(dir), 'Redis server v=7.0.15 sha=0');
    const env = { MILLRACE_REDIS_SERVER: join(dir, 'nothing-here') };
    const found = await findRedis({ stateDir: dir, env, modes: ['path', 'cached'], signal });
    expect(found).toEqual({ kind: 'program', path, version: 'Redis 7.0.15' });
  });

  it.each([
    ['Redis server v=6.2.7 sha=0', 'is Redis 6.2.7, older than 7.0'],
    ['Valkey server v=7.2.5 sha=0', 'is Valkey 7.2.5, older than 8.0'],
    ['hello', 'is no Redis or Valkey: hello'],
  ])('refuses a program that says "%s" and lists every way it tried', async (says, reason) => {
    const dir = createTempDir('refused');
    const env = { MILLRACE_REDIS_SERVER: writeProgram(join(dir, 'redis-server'), says) };
    const found = findRedis({ stateDir: dir, env, modes: ['path', 'cached'], signal });
    await expect(found).rejects.toThrow(reason);
    await expect(found).rejects.toThrow('cached  nothing was fetched before');
  });
});
