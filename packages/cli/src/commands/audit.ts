import type { Command } from 'commander';
import { addCommand, type CommandContext, operatorOf, type SharedOptions, withOperatorUrl } from './context.js';
import { showList } from './show-list.js';
import { whole } from './whole-number.js';

interface ActView {
  readonly at: string;
  readonly action: string;
  readonly target: string;
  readonly count: number;
  readonly from?: string;
  readonly by?: string;
  readonly note?: string;
}

interface ListOptions extends SharedOptions {
  readonly limit: number;
  readonly cursor?: string;
}

/** `audit list`. */
export function addAudit(program: Command, context: CommandContext): void {
  const audit = program.command('audit').description('what people have done to dead letters and events');
  withOperatorUrl(addCommand(audit, 'list', 'the latest first; the operator keeps the last 1,000'))
    .option('--limit <n>', 'at most so many, 1 to 200', whole(1, 200), 50)
    .option('--cursor <cursor>', 'go on where a list ended')
    .action(async (options: ListOptions) => {
      const query = new URLSearchParams({ limit: String(options.limit) });
      if (options.cursor !== undefined) query.set('cursor', options.cursor);
      const path = `/v1/audit?${query.toString()}`;
      const answer = await operatorOf(context, options).request({ path, signal: context.signal });
      if (options.json) return context.terminal.out(answer.text);
      const { items, next } = answer.body as { items: readonly ActView[]; next?: string };
      const rows = items.map((act) => [
        act.at,
        act.action,
        act.target,
        String(act.count),
        act.by ?? '',
        act.from ?? '',
        act.note ?? '',
      ]);
      const head = ['AT', 'ACTION', 'TARGET', 'COUNT', 'BY', 'FROM', 'NOTE'];
      showList(context, head, rows, 'nobody has steered anything yet');
      if (next !== undefined) context.terminal.note(`there are more: --cursor ${next}`);
    });
}
