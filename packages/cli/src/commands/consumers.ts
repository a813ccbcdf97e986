import type { Command } from 'commander';
import { addCommand, type CommandContext, operatorOf, type SharedOptions, withOperatorUrl } from './context.js';
import { durationOf } from './server-figures.js';
import { showList } from './show-list.js';

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
    const rows = items.map(({ name, pending, idleMs }) => [name, String(pending), `${durationOf(idleMs)} ago`]);
    showList(
      context,
      ['CONSUMER', 'HOLDS', 'HEARD OF'],
      rows,
      'there is no consumer: events wait until one is started',
    );
  });
}
