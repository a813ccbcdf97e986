import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { takeLock } from '../lock.mjs';
import { runCommand } from '../run-command.mjs';
import { say } from '../say.mjs';
import { UserError } from '../user-error.mjs';
import { waitFor } from '../wait-for.mjs';
import { digestContent, digestListing, isStamped, stamp } from './fingerprint.mjs';

/**
 * @typedef {object} Place
 * @property {string} root
 * @property {string} stateDir
 * @property {AbortSignal} signal
 */

/** The member whose dependencies, helm and a browser's driver among them, nothing needs but tests. */
const TESTS = '@millrace/tests';

/**
 * Installs the locked dependencies, if the lock file or a manifest changed since the last time. Says nothing and takes
 * milliseconds when they did not. `withTests: false` leaves out what only tests need, unless it is there already.
 * @param {Place} place
 * @param {{ readonly withTests?: boolean }} [options]
 */
export async function installDependencies(place, { withTests = true } = {}) {
  const { root, signal } = place;
  const stampPath = join(root, 'node_modules', '.millrace-installed');
  const manifests = ['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml'].map((name) => join(root, name));
  const members = findMembers(root);
  const digest = () => digestContent([...manifests, ...members.map((member) => join(member, 'package.json'))]);
  const stampOf = (/** @type {boolean} */ isWhole) => (isWhole ? digest() : `${digest()} without tests`);
  const isInstalled = () => isStamped(stampPath, stampOf(true)) || (!withTests && isStamped(stampPath, stampOf(false)));
  if (isInstalled()) return;
  await withPrepareLock(place, async () => {
    if (isInstalled()) return;
    const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    say(`preparing dependencies (${packageManager}) …`);
    // npx runs the pinned pnpm already; without this flag it insists on locking itself as well.
    const args = ['-y', packageManager, '--pm-on-fail=ignore', 'install', '--frozen-lockfile'];
    if (!withTests) args.push('--filter', `!${TESTS}`);
    // CI keeps pnpm from asking a question that nobody would see.
    const env = { ...process.env, CI: 'true', npm_config_update_notifier: 'false' };
    const installed = await runCommand('npx', args, { cwd: root, env, signal });
    if (!installed.ok) throw new UserError(`The dependencies could not be installed:\n${installed.output}`);
    stamp(stampPath, stampOf(withTests));
  });
}

/**
 * Compiles what changed since the last time, packages before the services that use them. Says nothing and takes
 * milliseconds when nothing did. Dependencies must be installed.
 * @param {Place} place
 */
export async function buildProjects(place) {
  const { root, stateDir, signal } = place;
  const stampPath = join(stateDir, 'built');
  const isBuilt = () => isStamped(stampPath, digestSources(root)) && findProjects(root).every(hasOutput);
  if (isBuilt()) return;
  await withPrepareLock(place, async () => {
    if (isBuilt()) return;
    say('preparing the build …');
    // Before compiling: a file saved meanwhile must be seen by the next command.
    const digest = digestSources(root);
    const built = await runTsc(['-b', ...findProjects(root)], root, signal);
    if (!built.ok) throw new UserError(`The build failed:\n${built.output}`);
    await bundleConsole(root, signal);
    stamp(stampPath, digest);
  });
}

/**
 * The one member that runs in a browser. Its types were checked with the others; this makes the page and its assets.
 * @param {string} root
 * @param {AbortSignal} signal
 */
async function bundleConsole(root, signal) {
  const cwd = join(root, 'services', 'console');
  const args = ['build', '--logLevel', 'warn'];
  const bundled = await runCommand(join(cwd, 'node_modules', '.bin', 'vite'), args, { cwd, signal });
  if (!bundled.ok) throw new UserError(`The console could not be built:\n${bundled.output}`);
}

/**
 * @param {readonly string[]} args
 * @param {string} root
 * @param {AbortSignal} signal
 */
export function runTsc(args, root, signal) {
  return runCommand(join(root, 'node_modules', '.bin', 'tsc'), args, { cwd: root, signal });
}

/**
 * The members that TypeScript compiles.
 * @param {string} root
 */
export function findProjects(root) {
  return findMembers(root).filter((member) => existsSync(join(member, 'tsconfig.json')));
}

/** @param {string} project */
function hasOutput(project) {
  return existsSync(join(project, 'dist'));
}

/** @param {string} root */
function digestSources(root) {
  const configs = ['tsconfig.base.json', 'pnpm-lock.yaml'].map((name) => join(root, name));
  const projects = findProjects(root).flatMap((p) => [join(p, 'src'), join(p, 'tsconfig.json')]);
  const page = ['index.html', 'public', 'vite.config.ts'].map((name) => join(root, 'services', 'console', name));
  return digestListing([...configs, ...projects, ...page]);
}

/**
 * The workspace's members, read from the plain list in pnpm-workspace.yaml (`folder` or `folder/*`).
 * @param {string} root
 */
function findMembers(root) {
  const [, list = ''] =
    /^packages:\n((?:[ ]+- .+\n)+)/m.exec(readFileSync(join(root, 'pnpm-workspace.yaml'), 'utf8')) ?? [];
  const patterns = [...list.matchAll(/- ["']?([^"'\n]+)/g)].map(([, pattern = '']) => pattern.trim());
  return patterns
    .flatMap((pattern) => {
      if (!pattern.endsWith('/*')) return [join(root, pattern)];
      const folder = join(root, pattern.slice(0, -2));
      return existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
    })
    .filter((member) => existsSync(join(member, 'package.json')))
    .sort();
}

/**
 * One command at a time installs or builds in a checkout; another one waits for it.
 * @param {Place} place
 * @param {() => Promise<void>} action
 */
async function withPrepareLock({ stateDir, signal }, action) {
  const path = join(stateDir, 'prepare.lock');
  let lock = takeLock(path);
  if (lock.kind === 'taken') {
    say(`waiting for process ${lock.pid}, which is preparing this checkout …`);
    const retake = () => {
      lock = takeLock(path);
      return lock.kind === 'held';
    };
    await waitFor(retake, { limitMs: 15 * 60_000, everyMs: 200, signal });
    signal.throwIfAborted();
  }
  if (lock.kind === 'taken')
    throw new UserError(`Process ${lock.pid} has been preparing this checkout for 15 minutes.`);
  try {
    await action();
  } finally {
    lock.release();
  }
}
