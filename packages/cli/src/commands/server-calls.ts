import type { Command } from 'commander';
import { colour } from '../terminal.js';
import { addCommand, type CommandContext, operatorOf, type SharedOptions, withOperatorUrl } from './context.js';
import { durationOf } from './server-figures.js';
import { showList } from './show-list.js';
import { whole } from './whole-number.js';

interface CallView {
  readonly at: string;
  readonly tool: string;
  readonly route: string;
  readonly ref: string;
  readonly attempt: number;
  readonly outcome: string;
  readonly code?: string;
  readonly durationMs: number;
}

interface CallsOptions extends SharedOptions {
  readonly failed?: true;
  readonly tool?: string;
  readonly limit: number;
  readonly cursor?: string;
}

/** `servers calls`: the last calls of a server, the latest first. */
export function addServerCalls(servers: Command, context: CommandContext): void {
  withOperatorUrl(
    addCommand(servers, 'calls <name>', 'the last calls of a server: which tool, for which event, how it went'),
  )
    .option('--failed', 'only those that failed')
    .option('--tool <tool>', 'only those of this tool')
    .option('--limit <n>', 'at most so many, 1 to 200', whole(1, 200), 20)
    .option('--cursor <cursor>', 'go on where a list ended')
    .action(async (name: string, options: CallsOptions) => {
      const query = new URLSearchParams({ limit: String(options.limit) });
      if (options.failed) query.set('outcome', 'failed');
      if (options.tool !== undefined) query.set('tool', options.tool);
      if (options.cursor !== undefined) query.set('cursor', options.cursor);
      const path = `/v1/servers/${encodeURIComponent(name)}/calls?${query.toString()}`;
      const answer = await operatorOf(context, options).request({ path, signal: context.signal });
      if (options.json) return context.terminal.out(answer.text);
      const { items, next } = answer.body as { items: readonly CallView[]; next?: string };
      showList(context, CALL_HEAD, items.map(rowOf), 'no such call within the last day');
      if (items.length > 0) context.terminal.note('events show REF has the arguments and the result of a call');
      if (next !== undefined) context.terminal.note(`there are more: --cursor ${next}`);
    });
}

const CALL_HEAD = ['ENDED', 'TOOL', 'ROUTE', 'REF', 'ATTEMPT', 'TOOK', 'OUTCOME'];

function rowOf({ at, tool, route, ref, attempt, durationMs, outcome, code }: CallView): readonly string[] {
  const word = outcome === 'done' ? outcome : colour('red', code === undefined ? outcome : `${outcome} (${code})`);
  return [at, tool, route, ref, String(attempt), durationOf(durationMs), word];
}
