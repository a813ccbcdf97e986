import { chmod, mkdir, mkdtemp, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../run-command.mjs';
import { say } from '../say.mjs';
import { tryProgram } from './redis-version.mjs';

/** Debian ships the server in this package; `redis-server` only adds the system service. */
const PACKAGE = 'redis-tools';

/** Finds its own libraries wherever the checkout is, and whatever it is called through. */
const WRAPPER = `#!/bin/sh
here=$(cd "$(dirname "$0")" && pwd)
for libraries in "$here"/root/usr/lib/*-linux-gnu "$here"/root/lib/*-linux-gnu; do
  LD_LIBRARY_PATH="$libraries\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
done
export LD_LIBRARY_PATH
exec "$here/root/usr/bin/redis-server" "$@"
`;

/** @param {string} stateDir */
const cacheDir = (stateDir) => join(stateDir, 'redis-server', `${process.platform}-${process.arch}`);

/**
 * Where a fetched Redis is kept; it may not be there.
 * @param {string} stateDir
 */
export const cachedRedis = (stateDir) => join(cacheDir(stateDir), 'redis-server');

/**
 * Fetches Redis from Debian's (or Ubuntu's) signed packages into the state folder, without root and without installing
 * anything: the packages are only unpacked. Answers with the reason where that is not possible.
 * @param {import('./redis.mjs').Search} search
 * @returns {Promise<import('./redis.mjs').RedisProgram | string>}
 */
export async function fetchDebianRedis({ stateDir, signal }) {
  for (const tool of ['apt-get', 'dpkg']) {
    const there = await runCommand(tool, ['--version'], { signal });
    if (!there.ok) return `there is no ${tool} here`;
  }
  say('preparing Redis (from Debian packages, unpacked into .millrace, nothing is installed) …');
  await mkdir(stateDir, { recursive: true });
  const draft = await mkdtemp(join(stateDir, 'redis-draft-'));
  try {
    const failure = (await download(draft, signal)) ?? (await unpack(draft, signal));
    if (failure !== undefined) return failure;
    const tried = await tryProgram(join(draft, 'redis-server'), signal);
    if (typeof tried === 'string') return tried;
    await rm(cacheDir(stateDir), { recursive: true, force: true });
    await mkdir(join(stateDir, 'redis-server'), { recursive: true });
    await rename(draft, cacheDir(stateDir));
    return tryProgram(cachedRedis(stateDir), signal);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/**
 * Downloads the package and those of its libraries that the machine lacks: with the machine's package lists, or else
 * with lists of our own.
 * @param {string} draft
 * @param {AbortSignal} signal
 * @returns {Promise<string | undefined>} why it failed
 */
async function download(draft, signal) {
  const apt = join(draft, 'apt');
  const debs = join(draft, 'debs');
  for (const dir of ['state/lists/partial', 'cache/archives/partial']) await mkdir(join(apt, dir), { recursive: true });
  await mkdir(debs);
  const unlocked = ['-o', 'Debug::NoLocking=1', '-o', 'APT::Sandbox::User=', '-o', `Dir::Cache=${join(apt, 'cache')}`];
  const ownLists = [
    ...unlocked,
    ...['-o', `Dir::State=${join(apt, 'state')}`, '-o', `Dir::State::lists=${join(apt, 'state', 'lists')}`],
    ...['-o', 'Dir::State::status=/var/lib/dpkg/status', '-o', 'Acquire::Languages=none'],
  ];
  /** @param {readonly string[]} options */
  const downloadWith = async (options) => {
    const plan = await runCommand('apt-get', [...options, 'install', '-s', '--no-install-recommends', PACKAGE], {
      signal,
    });
    if (!plan.ok) return plan;
    const missing = [...plan.output.matchAll(/^Inst (\S+)/gm)].map(([, name = '']) => name);
    const wanted = [...new Set([PACKAGE, ...missing])];
    return runCommand('apt-get', [...options, 'download', ...wanted], { cwd: debs, signal });
  };
  if ((await downloadWith(unlocked)).ok) return undefined;
  const updated = await runCommand('apt-get', [...ownLists, 'update'], { signal });
  if (!updated.ok) return `apt-get update failed: ${lastLine(updated.output)}`;
  const downloaded = await downloadWith(ownLists);
  return downloaded.ok ? undefined : `apt-get download failed: ${lastLine(downloaded.output)}`;
}

/**
 * @param {string} draft
 * @param {AbortSignal} signal
 * @returns {Promise<string | undefined>} why it failed
 */
async function unpack(draft, signal) {
  const debs = join(draft, 'debs');
  for (const deb of await readdir(debs)) {
    const unpacked = await runCommand('dpkg', ['-x', join(debs, deb), join(draft, 'root')], { signal });
    if (!unpacked.ok) return `dpkg could not unpack ${deb}: ${lastLine(unpacked.output)}`;
  }
  // One program plays both roles and picks its role by the name it is called with.
  await symlink('redis-check-rdb', join(draft, 'root', 'usr', 'bin', 'redis-server')).catch(ignoreExisting);
  await writeFile(join(draft, 'redis-server'), WRAPPER);
  await chmod(join(draft, 'redis-server'), 0o755);
  // The package lists are a hundred megabytes that nobody needs again.
  await rm(join(draft, 'apt'), { recursive: true, force: true });
  await rm(debs, { recursive: true, force: true });
  return undefined;
}

/** @param {NodeJS.ErrnoException} error */
function ignoreExisting(error) {
  if (error.code !== 'EEXIST') throw error;
}

/** @param {string} output */
function lastLine(output) {
  return output.split('\n').at(-1) ?? '';
}
