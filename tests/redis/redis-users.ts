import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** The users that the services log in as. */
export const USERS = ['producer', 'consumer', 'operator'] as const;
export type User = (typeof USERS)[number];

const script = join(import.meta.dirname, '../../infra/redis/make-users.mjs');

/**
 * Runs infra/redis/make-users.mjs: its passwords are in `secrets`, the ACL file is `out`. Rejects with what it wrote to
 * stderr when it refuses.
 */
export async function makeUsers(secrets: string, out: string, ...options: readonly string[]): Promise<void> {
  await promisify(execFile)(process.execPath, [script, secrets, out, ...options]);
}

export async function readPassword(secrets: string, user: string): Promise<string> {
  return (await readFile(join(secrets, `${user}.password`), 'utf8')).trimEnd();
}
