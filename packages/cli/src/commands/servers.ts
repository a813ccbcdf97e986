import type { Command } from 'commander';
import { formatTable } from '../terminal.js';
import { addCommand, type CommandContext, operatorOf, type SharedOptions, withOperatorUrl } from './context.js';
import { addPausing } from './pausing.js';

interface ServerView {
  readonly name: string;
  readonly breaker: string;
  readonly calls: number;
  readonly paused?: { readonly at: string };
  readonly consumers: readonly { readonly breaker: string }[];
}

/** `servers list`, `servers pause` and `servers resume`. */
export function addServers(program: Command, context: CommandContext): void {
  const servers = program.command('servers').description('the MCP servers that routes call');
  const list = addCommand(servers, 'list', 'each server, its circuit breaker, and the calls under way');
  withOperatorUrl(list).action(async (options: SharedOptions) => {
    const answer = await operatorOf(context, options).request({ path: '/v1/servers', signal: context.signal });
    if (options.json) return context.terminal.out(answer.text);
    const { items } = answer.body as { items: readonly ServerView[] };
    const rows = items.map(({ name, breaker, calls, paused, consumers }) => {
      const openAt = consumers.filter((one) => one.breaker !== 'closed').length;
      const word = openAt === 0 ? breaker : `${breaker} at ${openAt} of ${consumers.length}`;
      return [name, word, String(calls), paused?.at ?? '-', String(consumers.length)];
    });
    context.terminal.out(formatTable([['SERVER', 'BREAKER', 'CALLS', 'PAUSED', 'CONSUMERS'], ...rows]));
  });
  addPausing(servers, 'servers', context);
}
