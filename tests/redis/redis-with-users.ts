import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStream, type Stream } from '@millrace/stream-client';
import { startRedisServer } from '@millrace/testing';
import { Redis } from 'ioredis';
import { makeUsers, readPassword, USERS, type User } from './redis-users.js';

/** A Redis with the users of infra/redis/users.acl, and the stream as each of them has it. */
export interface RedisWithUsers {
  readonly port: number;
  /** May do everything. */
  readonly admin: Redis;
  readonly streams: Readonly<Record<User, Stream>>;
  urlOf(user: User | 'admin'): Promise<string>;
  stop(): Promise<void>;
}

/** Starts it open to all, then lets it read the users, as an administrator does after a password was replaced. */
export async function startRedisWithUsers(): Promise<RedisWithUsers> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-acl-'));
  const file = join(folder, 'users.acl');
  await writeFile(file, 'user default on nopass ~* &* +@all\n');
  // Debugging is allowed, so that it is the users' rights which refuse it.
  const server = await startRedisServer(['--aclfile', file, '--enable-debug-command', 'yes']);
  await writeFile(join(folder, 'admin.password'), 'a'.repeat(32));
  await makeUsers(folder, file, '--create');
  const first = new Redis(server.url);
  await first.call('ACL', 'LOAD');
  first.disconnect();

  const urlOf = async (user: User | 'admin') =>
    `redis://${user}:${await readPassword(folder, user)}@127.0.0.1:${server.port}`;
  const open = async (user: User) => openStream({ redisUrl: await urlOf(user) });
  const streams = {
    producer: await open('producer'),
    consumer: await open('consumer'),
    operator: await open('operator'),
  };
  const admin = new Redis(await urlOf('admin'));
  return {
    port: server.port,
    admin,
    streams,
    urlOf,
    stop: async () => {
      for (const user of USERS) await streams[user].close();
      admin.disconnect();
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
