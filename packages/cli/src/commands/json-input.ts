import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { CliError } from '../errors.js';

/** JSON text that an option names: itself, `@file`, or `-` for stdin; not parsed and rendered again. Throws CLI_USAGE. */
export async function readJson(option: string, given: string): Promise<string> {
  const json = await readSource(option, given);
  try {
    JSON.parse(json);
  } catch (error) {
    throw new CliError('CLI_USAGE', `${option} is not JSON: ${error instanceof Error ? error.message : ''}`);
  }
  return json;
}

async function readSource(option: string, given: string): Promise<string> {
  if (given === '-') return text(process.stdin);
  if (!given.startsWith('@')) return given;
  try {
    return await readFile(given.slice(1), 'utf8');
  } catch (error) {
    throw new CliError('CLI_USAGE', `${option}: cannot read ${given.slice(1)}`, { cause: error });
  }
}
