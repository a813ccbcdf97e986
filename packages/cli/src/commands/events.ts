import { type Command, InvalidArgumentError } from 'commander';
import { EXIT } from '../errors.js';
import { formatTable } from '../terminal.js';
import {
  addCommand,
  type CommandContext,
  operatorOf,
  producerOf,
  type SharedOptions,
  withOperatorUrl,
  withUrl,
} from './context.js';
import { addFindEvents } from './find-events.js';
import { readJson } from './json-input.js';
import { addReplayEvent } from './replay-event.js';
import { type RecordView, showRecord } from './show-record.js';
import { addTailEvents } from './tail-events.js';

/** `Prefer: wait` is not granted for longer than this, in seconds. */
const MAX_WAIT_SECONDS = 60;

interface SendOptions extends SharedOptions {
  readonly data?: string;
  readonly id?: string;
  readonly source?: string;
  readonly subject?: string;
  readonly key?: string;
  readonly wait?: number;
}

/** What the operator could cancel, and what it had to leave. */
interface CancellationView {
  readonly cancelled: readonly string[];
  readonly left: readonly { readonly route: string; readonly state: string }[];
}

/** `events send`, `events show`, `events find`, `events tail`, `events replay` and `events cancel`. */
export function addEvents(program: Command, context: CommandContext): void {
  const events = program.command('events').description('send events and see what became of them');

  withUrl(addCommand(events, 'send <type>', 'send one event; the same --id again is the same event'))
    .option('--data <json>', 'its data: JSON, @file, or - for stdin')
    .option('--id <id>', 'its id (default: the producer makes one up)')
    .option('--source <uri>', 'where it comes from')
    .option('--subject <subject>', 'what it is about')
    .option('--key <key>', 'its partition key: what is ordered is so among events of one')
    .option('--wait <seconds>', 'wait for the outcome and print the record', parseWait)
    .action(async (type: string, options: SendOptions) => {
      const { data, id, source, subject, key, wait } = options;
      const dataJson = data === undefined ? '{}' : await readJson('--data', data);
      // The data go out byte for byte as they were given.
      const json = `${JSON.stringify({ type, id, source, subject, partitionkey: key }).slice(0, -1)},"data":${dataJson}}`;
      const answer = await producerOf(context, options).request({
        method: 'POST',
        path: '/v1/events',
        json,
        timeoutMs: ((wait ?? 0) + 10) * 1_000,
        ...(wait === undefined ? {} : { headers: { prefer: `wait=${wait}` } }),
        signal: context.signal,
      });
      if (options.json) return context.terminal.out(answer.text);
      if (answer.status === 200) return showRecord(context, answer.body as RecordView);
      const { ref, id: givenId, duplicate } = answer.body as { ref: string; id: string; duplicate: boolean };
      context.terminal.out(`${duplicate ? 'known already' : 'accepted'}  ref ${ref}  id ${givenId}`);
      context.terminal.note(`what becomes of it: events show ${ref}`);
    });

  withUrl(addCommand(events, 'show <ref>', 'the record of an event: its routes, attempts and results')).action(
    async (ref: string, options: SharedOptions) => {
      const path = `/v1/events/${encodeURIComponent(ref)}`;
      const answer = await producerOf(context, options).request({ path, signal: context.signal });
      if (options.json) return context.terminal.out(answer.text);
      showRecord(context, answer.body as RecordView);
    },
  );

  addFindEvents(events, context);
  addTailEvents(events, context);
  addReplayEvent(events, context);

  withOperatorUrl(addCommand(events, 'cancel <ref> [route]', 'end what waits for a retry or for its time')).action(
    async (ref: string, route: string | undefined, options: SharedOptions) => {
      const query = route === undefined ? '' : `?route=${encodeURIComponent(route)}`;
      const path = `/v1/events/${encodeURIComponent(ref)}/cancel${query}`;
      const answer = await operatorOf(context, options).request({ method: 'POST', path, signal: context.signal });
      const { cancelled, left } = answer.body as CancellationView;
      if (cancelled.length === 0) context.exitWith(EXIT.no);
      if (options.json) return context.terminal.out(answer.text);
      const rows = [
        ...cancelled.map((one) => [one === '*' ? 'the event' : one, 'cancelled']),
        ...left.map((one) => [one.route, `left, ${one.state}`]),
      ];
      context.terminal.out(rows.length === 0 ? 'nothing waits: it is over' : formatTable(rows));
    },
  );
}

function parseWait(value: string): number {
  const seconds = Number(value);
  if (Number.isInteger(seconds) && seconds >= 0 && seconds <= MAX_WAIT_SECONDS) return seconds;
  throw new InvalidArgumentError(`must be a whole number of seconds from 0 to ${MAX_WAIT_SECONDS}.`);
}
