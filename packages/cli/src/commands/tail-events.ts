import { sleep } from '@millrace/core';
import type { Command } from 'commander';
import { CliError } from '../errors.js';
import { readNews } from '../news-stream.js';
import { addCommand, type CommandContext, operatorOf, type SharedOptions, withOperatorUrl } from './context.js';

/** The last lines that are remembered: a stream that is opened again may tell some of them once more. */
const MAX_TOLD = 200;
/** Before a stream that has ended is opened again, in ms. */
const AGAIN_MS = 500;

interface TailOptions extends SharedOptions {
  readonly type?: string;
  readonly state?: string;
  readonly route?: string;
}

interface EventView {
  readonly ref: string;
  readonly type: string;
  readonly acceptedAt: string;
  readonly state: string;
  readonly routes: readonly { readonly id: string; readonly state: string }[];
}

/** `events tail`: follows the operator's live stream until Ctrl-C. */
export function addTailEvents(events: Command, context: CommandContext): void {
  withOperatorUrl(addCommand(events, 'tail', 'events as they come in and change, until Ctrl-C'))
    .option('--type <type>', 'a type, or the beginning of types with * after it')
    .option('--state <state>', 'of the event, or of one of its deliveries')
    .option('--route <id>', 'a route that it takes')
    .action(async (options: TailOptions) => {
      const query = new URLSearchParams();
      for (const name of ['type', 'state', 'route'] as const) {
        if (options[name] !== undefined) query.set(name, options[name]);
      }
      await follow(`/v1/stream?${query.toString()}`, options, context);
    });
}

/** A stream that was there and is lost is opened again where it ended; one that never was is told at once. */
async function follow(path: string, options: TailOptions, context: CommandContext): Promise<void> {
  const { signal, terminal } = context;
  let hasBegun = false;
  let lastId: string | undefined;
  const told: string[] = [];
  let repeated = new Set<string>();
  while (!signal.aborted) {
    try {
      for await (const { event, data, id } of readNews(operatorOf(context, options), path, lastId, signal)) {
        hasBegun = true;
        lastId = id ?? lastId;
        // What is told twice in one stream has happened twice: an event can die, be sent again and die again.
        if (event === 'event' && !repeated.delete(data)) {
          terminal.out(options.json ? data : describe(JSON.parse(data) as EventView));
          told.push(data);
          if (told.length > MAX_TOLD) told.shift();
        }
        if (event === 'dropped') terminal.note(`and ${(JSON.parse(data) as { dropped: number }).dropped} more`);
      }
    } catch (error) {
      const isLost = error instanceof CliError && error.code === 'CLI_UNREACHABLE';
      if (!hasBegun || !isLost) throw error;
    }
    repeated = new Set(told);
    await sleep(AGAIN_MS, signal);
  }
}

function describe({ ref, type, acceptedAt, state, routes }: EventView): string {
  const taken = routes.map((route) => `${route.id} ${route.state}`).join(', ');
  return `${acceptedAt}  ${state.padEnd(9)}  ${ref}  ${type}  ${taken}`.trimEnd();
}
