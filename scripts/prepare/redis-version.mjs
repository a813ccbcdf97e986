import { runCommand } from '../run-command.mjs';

/**
 * Runs a program with `--version` and checks that it is new enough for the scripts the platform keeps in Redis.
 * @param {string} path
 * @param {AbortSignal} signal
 * @returns {Promise<import('./redis.mjs').RedisProgram | string>}
 */
export async function tryProgram(path, signal) {
  const { ok, output } = await runCommand(path, ['--version'], { signal, limitMs: 10_000 });
  if (!ok) return `${path} does not run: ${output.split('\n').at(-1)}`;
  const [, name = '', version = ''] = /^(Redis|Valkey) server v=([\d.]+)/m.exec(output) ?? [];
  if (version === '') return `${path} is no Redis or Valkey: ${output.split('\n').at(0)}`;
  const oldest = name === 'Valkey' ? 8 : 7;
  if (Number.parseInt(version, 10) < oldest) return `${path} is ${name} ${version}, older than ${oldest}.0`;
  return { kind: 'program', path, version: `${name} ${version}` };
}
