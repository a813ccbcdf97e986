import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { makeUsers, readPassword, USERS } from './redis-users.js';

let folder: string;
let secrets: string;
let out: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-users-'));
  secrets = join(folder, 'secrets');
  out = join(folder, 'users.acl');
});

afterEach(() => rm(folder, { recursive: true, force: true }));

function digestOf(password: string): string {
  return `#${createHash('sha256').update(password).digest('hex')}`;
}

async function lineOf(user: string): Promise<string> {
  const lines = (await readFile(out, 'utf8')).split('\n');
  return lines.find((line) => line.startsWith(`user ${user} `)) ?? '';
}

describe('make-users.mjs', () => {
  it('gives each user a password of its own, and writes down only its digest', async () => {
    await makeUsers(secrets, out, '--create');
    const passwords = await Promise.all(USERS.map((user) => readPassword(secrets, user)));
    expect(new Set(passwords).size).toBe(USERS.length);
    for (const [at, password] of passwords.entries()) {
      expect(await lineOf(USERS[at] ?? '')).toContain(` on resetpass ${digestOf(password)} resetkeys `);
      expect(await readFile(out, 'utf8')).not.toContain(password);
    }
    expect(await lineOf('default')).toMatch(/ off .* -@all$/);
  });

  it('lets nobody but the owner read what it writes', async () => {
    await makeUsers(secrets, out, '--create');
    const files = [out, ...(await readdir(secrets)).map((name) => join(secrets, name))];
    const modes = await Promise.all(files.map(async (file) => (await stat(file)).mode & 0o777));
    expect(modes).toEqual(files.map(() => 0o600));
  });

  it('takes every line of a password file, and --create replaces none', async () => {
    await makeUsers(secrets, out, '--create');
    const [old, fresh] = ['o'.repeat(32), 'f'.repeat(32)];
    await writeFile(join(secrets, 'producer.password'), `${fresh}\n${old}\n`);
    await makeUsers(secrets, out, '--create');
    expect(await lineOf('producer')).toContain(` on resetpass ${digestOf(fresh)} ${digestOf(old)} resetkeys `);
  });

  it('limits every user to the keys and channels of the namespace', async () => {
    await makeUsers(secrets, out, '--create', '--namespace', 'shop-2');
    for (const user of USERS) {
      const patterns = (await lineOf(user)).split(' ').filter((rule) => /^[~&%(]|^all(keys|channels)$/.test(rule));
      const outboxes = user === 'consumer' ? ['(~shop-2:{*}:outbox'] : [];
      expect(patterns).toEqual(['~shop-2:*', '&shop-2:*', ...outboxes]);
    }
  });

  it('makes an administrator only where there is a password for one', async () => {
    await makeUsers(secrets, out, '--create');
    expect(await lineOf('admin')).toBe('');
    await writeFile(join(secrets, 'admin.password'), 'a'.repeat(32));
    await makeUsers(secrets, out);
    expect(await lineOf('admin')).toBe(`user admin on resetpass ${digestOf('a'.repeat(32))} ~* &* +@all`);
  });

  it('writes no file when a password is missing, short or cannot stand in a URL, and names each of them', async () => {
    await makeUsers(secrets, out, '--create');
    await rm(out);
    await rm(join(secrets, 'producer.password'));
    await writeFile(join(secrets, 'consumer.password'), 'short');
    await writeFile(join(secrets, 'operator.password'), `${'a b'.repeat(20)}`);
    await expect(makeUsers(secrets, out)).rejects.toMatchObject({
      stderr: expect.stringMatching(/producer\.password: .*\n.*consumer\.password: .*\n.*operator\.password: /),
    });
    expect(existsSync(out)).toBe(false);
  });

  it.each([['--namespace', 'a*'], ['--namespace', ''], ['--what'], ['third']])('refuses %s %s', async (...options) => {
    await expect(makeUsers(secrets, out, '--create', ...options)).rejects.toMatchObject({ code: 1 });
    expect(existsSync(out)).toBe(false);
  });
});
