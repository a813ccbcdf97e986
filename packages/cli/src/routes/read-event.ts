import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { type Event, EventError, parsePlain } from '@millrace/events';
import { CliError } from '../errors.js';

/** An event from a file, or from stdin for `-`: a CloudEvent in JSON, or as plain as `events send` takes it. */
export async function readEvent(path: string): Promise<Event> {
  return parseEvent(path === '-' ? await buffer(process.stdin) : await readBytes(path), path);
}

/** An event from its JSON. Throws CLI_USAGE with everything that is wrong with it. */
export function parseEvent(body: Buffer, name: string): Event {
  const defaults = { id: 'test', source: '/cli', time: new Date().toISOString() };
  try {
    return parsePlain(body, defaults).event;
  } catch (error) {
    if (!(error instanceof EventError)) throw error;
    const problems = error.problems.map(({ pointer, detail }) => `\n  ${pointer ?? ''} ${detail}`).join('');
    throw new CliError('CLI_USAGE', `${name} is not an event: ${error.message}${problems}`, { cause: error });
  }
}

async function readBytes(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new CliError('CLI_USAGE', `cannot read ${path}`, { cause: error });
  }
}
