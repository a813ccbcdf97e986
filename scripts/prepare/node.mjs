import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { runCommand } from '../run-command.mjs';
import { say } from '../say.mjs';
import { exitCodeOf } from '../stop-requests.mjs';
import { UserError } from '../user-error.mjs';

/** The Node that everything runs under where the machine's own is older than `OLDEST`. */
const PINNED = '24.21.0';
const OLDEST = [24, 9]; // before it, jest cannot load the ES modules that fastify's dependencies are made of

/** SHA-512 of the npm packages that carry the program. Other platforms have no package of this version. */
const INTEGRITY = new Map([
  ['linux-x64', '3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q=='],
  ['linux-arm64', 'FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g=='],
]);

/**
 * The path of a Node that is new enough: the one this runs under, or the pinned one, fetched once from the npm registry
 * and checked against its hash. Interrupted at any point, it leaves no half-extracted program behind.
 * @param {string} stateDir
 * @param {AbortSignal} signal
 */
export async function prepareNode(stateDir, signal) {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [oldestMajor = 0, oldestMinor = 0] = OLDEST;
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return process.execPath;
  const node = join(stateDir, 'node', PINNED, 'bin', 'node');
  if (!existsSync(node)) await fetchNode(join(stateDir, 'node'), signal);
  return node;
}

/**
 * Runs a script under another Node, which is also first on its PATH, and resolves with its exit code. Signals are handed
 * on; should this process be killed, the script notices by its channel and stops.
 * @param {string} node
 * @param {readonly string[]} args
 */
export async function runUnder(node, args) {
  const env = { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ''}` };
  const child = spawn(node, args, { env, stdio: ['inherit', 'inherit', 'inherit', 'ipc'] });
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.on(signal, () => child.kill(signal));
  }
  const [code, signal] = await once(child, 'exit');
  return typeof code === 'number' ? code : exitCodeOf(signal);
}

/**
 * @param {string} dir
 * @param {AbortSignal} signal
 */
async function fetchNode(dir, signal) {
  const platform = `${process.platform}-${process.arch}`;
  const integrity = INTEGRITY.get(platform);
  if (integrity === undefined) {
    throw refusal(`There is no Node ${PINNED} for ${platform} on the npm registry, so it cannot be fetched for you.`);
  }
  say(`preparing Node ${PINNED} (this machine has ${process.versions.node}) …`);
  await mkdir(dir, { recursive: true });
  const draft = await mkdtemp(join(dir, 'draft-'));
  try {
    const pack = ['pack', `node-${platform}@${PINNED}`, '--pack-destination', draft];
    const env = { ...process.env, npm_config_update_notifier: 'false' };
    const packed = await runCommand('npm', pack, { env, signal });
    if (!packed.ok) throw refusal(`npm could not fetch it:\n${packed.output}`);
    const tarball = join(draft, `node-${platform}-${PINNED}.tgz`);
    const digest = createHash('sha512')
      .update(await readFile(tarball))
      .digest('base64');
    if (digest !== integrity) throw refusal(`What npm fetched is not the pinned program: its SHA-512 is ${digest}.`);
    const untar = ['-xzf', tarball, '-C', draft, '--no-same-owner', 'package/bin', 'package/LICENSE'];
    const extracted = await runCommand('tar', untar, { signal });
    if (!extracted.ok) throw refusal(`tar could not extract it:\n${extracted.output}`);
    const tried = await runCommand(join(draft, 'package', 'bin', 'node'), ['--version'], { signal });
    if (!tried.ok) throw refusal(`It does not run here:\n${tried.output}`);
    await moveIntoPlace(join(draft, 'package'), join(dir, PINNED));
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/**
 * @param {string} from
 * @param {string} to
 */
async function moveIntoPlace(from, to) {
  try {
    await rename(from, to);
  } catch (error) {
    // Another command fetched it at the same time; theirs is as good as ours.
    const { code } = /** @type {NodeJS.ErrnoException} */ (error);
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
  }
}

/** @param {string} why */
function refusal(why) {
  const needed = `Millrace needs Node ${OLDEST.join('.')} or newer; this is ${process.versions.node}.`;
  return new UserError(`${needed}\n${why}\nInstall Node 24 or newer and run the command again.`);
}
