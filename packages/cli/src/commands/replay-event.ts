import type { Command } from 'commander';
import { CliError } from '../errors.js';
import { addCommand, type CommandContext, operatorOf, type SharedOptions, withOperatorUrl } from './context.js';
import { readJson } from './json-input.js';

interface ReplayOptions extends SharedOptions {
  readonly edit?: string;
  readonly data?: string;
  readonly type?: string;
  readonly subject?: string;
  readonly id?: string;
}

interface ReplayView {
  readonly ref: string;
  readonly id: string;
  readonly duplicate: boolean;
  readonly edited: readonly string[];
}

/** `events replay`: an event again, as it was or edited. */
export function addReplayEvent(events: Command, context: CommandContext): void {
  withOperatorUrl(addCommand(events, 'replay <ref>', 'send an event again as a new one, as it was or edited'))
    .option('--data <json>', 'other data: JSON, @file, or - for stdin')
    .option('--type <type>', 'another type')
    .option('--subject <subject>', 'another subject')
    .option('--edit <json>', 'whatever is to be otherwise, as a JSON object: JSON, @file, or -; null takes one away')
    .option('--id <id>', 'the id of the new event; the same again is the same replay')
    .action(async (ref: string, options: ReplayOptions) => {
      const json = await readEdit(options);
      const path = `/v1/events/${encodeURIComponent(ref)}/replay`;
      const request = { method: 'POST', path, json, signal: context.signal } as const;
      const answer = await operatorOf(context, options).request(request);
      if (options.json) return context.terminal.out(answer.text);
      const { ref: made, id, duplicate, edited } = answer.body as ReplayView;
      const what = edited.length === 0 ? 'as it was' : `otherwise: ${edited.join(', ')}`;
      context.terminal.out(`${duplicate ? 'known already' : 'accepted'}  ref ${made}  id ${id}  ${what}`);
      context.terminal.note(`what becomes of it: events show ${made}`);
    });
}

/** The edit as JSON text; data go out byte for byte as they were given. */
async function readEdit({ edit, data, type, subject, id }: ReplayOptions): Promise<string> {
  if (edit === undefined) {
    const attributes = JSON.stringify({ type, subject, id });
    if (data === undefined) return attributes;
    const front = attributes.slice(0, -1);
    return `${front}${front === '{' ? '' : ','}"data":${await readJson('--data', data)}}`;
  }
  if (data !== undefined || type !== undefined || subject !== undefined || id !== undefined)
    throw new CliError('CLI_USAGE', '--edit says everything by itself: leave --data, --type, --subject and --id out');
  return readJson('--edit', edit);
}
