import type { Command } from 'commander';
import { addCommand, type CommandContext, operatorOf, type SharedOptions, withOperatorUrl } from './context.js';
import { showList } from './show-list.js';
import { steerEach } from './steer-each.js';

interface NoteOptions extends SharedOptions {
  readonly note?: string;
}

interface PauseView {
  readonly kind: string;
  readonly name: string;
  readonly at: string;
  readonly from?: string;
  readonly by?: string;
  readonly note?: string;
}

/** Adds `pause` and `resume` to `routes` or `servers`. */
export function addPausing(parent: Command, noun: 'routes' | 'servers', context: CommandContext): void {
  const names = noun === 'routes' ? '<id...>' : '<name...>';
  const summaries = {
    pause: noun === 'routes' ? 'begin no delivery along a route' : 'begin no call to a server',
    resume: 'go on, with what has waited too',
  };
  for (const verb of ['pause', 'resume'] as const) {
    withOperatorUrl(addCommand(parent, `${verb} ${names}`, summaries[verb]))
      .option('--note <text>', 'why; for the audit list')
      .action((given: readonly string[], options: NoteOptions) =>
        steerEach(given, options, context, {
          steer: (operator, name) => {
            const json = JSON.stringify(options.note === undefined ? {} : { note: options.note });
            const path = `/v1/${noun}/${encodeURIComponent(name)}/${verb}`;
            return operator.request({ method: 'POST', path, json, signal: context.signal });
          },
          did: `${verb}d`,
        }),
      );
  }
}

/** `pauses list`. */
export function addPauses(program: Command, context: CommandContext): void {
  const pauses = program.command('pauses').description('routes and servers that somebody has paused');
  const list = addCommand(pauses, 'list', 'what is paused, since when, and why');
  withOperatorUrl(list).action(async (options: SharedOptions) => {
    const answer = await operatorOf(context, options).request({ path: '/v1/pauses', signal: context.signal });
    if (options.json) return context.terminal.out(answer.text);
    const { items } = answer.body as { items: readonly PauseView[] };
    const rows = items.map(({ kind, name, at, by, from, note }) => [
      kind,
      name,
      at,
      by ?? '-',
      from ?? '-',
      note ?? '-',
    ]);
    showList(context, ['KIND', 'NAME', 'SINCE', 'BY', 'FROM', 'NOTE'], rows, 'nothing is paused');
  });
}
