import type { Command } from 'commander';
import { addCommand, type CommandContext, operatorOf, type SharedOptions, withOperatorUrl } from './context.js';
import { addPausing } from './pausing.js';
import { addServerCalls } from './server-calls.js';
import { breakerOf, bySlowness, FIGURE_HEADS, figureCells, type ServerView } from './server-figures.js';
import { addServerShow } from './server-show.js';
import { showList } from './show-list.js';

/** `servers list`, `servers show`, `servers calls`, `servers pause` and `servers resume`. */
export function addServers(program: Command, context: CommandContext): void {
  const servers = program.command('servers').description('the MCP servers that routes call');
  const list = addCommand(
    servers,
    'list',
    'each server, the slowest first: its breaker, and how its calls of the last minute went',
  );
  withOperatorUrl(list).action(async (options: SharedOptions) => {
    const answer = await operatorOf(context, options).request({ path: '/v1/servers', signal: context.signal });
    if (options.json) return context.terminal.out(answer.text);
    const { items } = answer.body as { items: readonly ServerView[] };
    const sorted = items.toSorted((one, other) => bySlowness(one.lastMinute, other.lastMinute));
    const rows = sorted.map((server) => [
      server.name,
      breakerOf(server),
      String(server.calls),
      ...figureCells(server.lastMinute),
      server.paused?.at ?? '-',
      String(server.consumers.length),
    ]);
    const head = ['SERVER', 'BREAKER', 'UNDER WAY', ...FIGURE_HEADS, 'PAUSED', 'CONSUMERS'];
    showList(context, head, rows, 'no consumer that is alive tells of a server');
    if (rows.length > 0)
      context.terminal.note('which of its tools: servers show NAME; its last calls: servers calls NAME');
  });
  addServerShow(servers, context);
  addServerCalls(servers, context);
  addPausing(servers, 'servers', context);
}
