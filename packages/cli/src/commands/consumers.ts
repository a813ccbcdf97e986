import type { Command } from 'commander';
import { formatTable } from '../terminal.js';
import { addCommand, type CommandContext, operatorOf, type SharedOptions, withOperatorUrl } from './context.js';

interface ConsumerView {
  readonly name: string;
  readonly pending: number;
  readonly idleMs: number;
}

/** `consumers list`. */
export function addConsumers(program: Command, context: CommandContext): void {
  const consumers = program.command('consumers').description('who reads the stream');
  const list = addCommand(consumers, 'list', 'each consumer, what it holds, and when it was last heard of');
  withOperatorUrl(list).action(async (options: SharedOptions) => {
    const answer = await operatorOf(context, options).request({ path: '/v1/consumers', signal: context.signal });
    if (options.json) return context.terminal.out(answer.text);
    const { items } = answer.body as { items: readonly ConsumerView[] };
    const rows = items.map(({ name, pending, idleMs }) => [name, String(pending), `${(idleMs / 1_000).toFixed(1)} s`]);
    context.terminal.out(formatTable([['CONSUMER', 'PENDING', 'IDLE'], ...rows]));
  });
}
