import type { Command } from 'commander';
import { addCommand, type CommandContext, operatorOf, type SharedOptions, withOperatorUrl } from './context.js';
import { showList } from './show-list.js';
import { whole } from './whole-number.js';

interface ContextView {
  readonly id: string;
  readonly route: string;
  readonly name: string;
  readonly updatedAt: string;
}

interface ListOptions extends SharedOptions {
  readonly limit: number;
  readonly cursor?: string;
}

/** `contexts …`: what agents remember of the events of one context. */
export function addContexts(program: Command, context: CommandContext): void {
  const contexts = program.command('contexts').description('what agents remember of earlier events');
  const add = (usage: string, summary: string) => withOperatorUrl(addCommand(contexts, usage, summary));
  const pathOf = (id: string) => `/v1/contexts/${encodeURIComponent(id)}`;

  add('list', 'the contexts of which something is remembered')
    .option('--limit <n>', 'at most so many, 1 to 200', whole(1, 200), 50)
    .option('--cursor <cursor>', 'go on where a list ended')
    .action(async (options: ListOptions) => {
      const query = new URLSearchParams({ limit: String(options.limit) });
      if (options.cursor !== undefined) query.set('cursor', options.cursor);
      const path = `/v1/contexts?${query.toString()}`;
      const answer = await operatorOf(context, options).request({ path, signal: context.signal });
      if (options.json) return context.terminal.out(answer.text);
      const { items, next } = answer.body as { items: readonly ContextView[]; next?: string };
      const rows = items.map(({ id, route, name, updatedAt }) => [id, route, name, updatedAt]);
      showList(context, ['ID', 'ROUTE', 'NAME', 'UPDATED'], rows, 'no agent remembers anything');
      if (next !== undefined) context.terminal.note(`there are more: --cursor ${next}`);
    });

  add('show <id>', 'what is remembered of one').action(async (id: string, options: SharedOptions) => {
    const answer = await operatorOf(context, options).request({ path: pathOf(id), signal: context.signal });
    context.terminal.out(options.json ? answer.text : JSON.stringify(answer.body, undefined, 2));
  });

  add('clear <id>', 'forget it').action(async (id: string, options: SharedOptions) => {
    const request = { method: 'DELETE', path: pathOf(id), signal: context.signal } as const;
    await operatorOf(context, options).request(request);
    context.terminal.out(options.json ? JSON.stringify({ id, cleared: true }) : `${id}  forgotten`);
  });
}
