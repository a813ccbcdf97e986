import { sleep } from '@millrace/core';
import type { Command } from 'commander';
import { CliError } from '../errors.js';
import type { HttpClient } from '../http-client.js';
import { formatTable } from '../terminal.js';
import { confirm } from './confirm.js';
import { addCommand, type CommandContext, operatorOf, type SharedOptions, withOperatorUrl } from './context.js';
import { whole } from './whole-number.js';

interface Left {
  readonly unread: number;
  readonly held: number;
  readonly waiting: number;
  readonly deadLetters: number;
  readonly isExact: boolean;
}

interface PartitionsView {
  readonly partitions: number;
  readonly state: 'settled' | 'preparing' | 'draining';
  readonly epochs: readonly { epoch: number; partitions: number; state: string; since: string }[];
  readonly left: Left;
  readonly leftIn: readonly (Left & { readonly partition: number })[];
}

interface ChangeOptions extends SharedOptions {
  readonly yes?: true;
  readonly detach?: true;
}

const PATH = '/v1/partitions';
/** How often it is looked how far a change has come, in ms. */
const LOOK_EVERY_MS = 1_000;
/** An operator that does not answer is asked again for so long, in ms: the change goes on without us. */
const MAX_SILENCE_MS = 30_000;

/** `partitions show` and `partitions change`. */
export function addPartitions(program: Command, context: CommandContext): void {
  const { terminal, signal } = context;
  const partitions = program.command('partitions').description('how many streams the events are spread over');

  withOperatorUrl(addCommand(partitions, 'show', 'how many there are, and what is left from before a change')).action(
    async (options: SharedOptions) => {
      const answer = await operatorOf(context, options).request({ path: PATH, signal });
      terminal.out(options.json ? answer.text : describe(answer.body as PartitionsView));
    },
  );

  withOperatorUrl(addCommand(partitions, 'change', 'have more of them, a multiple of what there are'))
    .argument('<number>', 'how many there are to be', whole(1, 4_096))
    .option('--yes', 'ask nothing')
    .option('--detach', 'do not wait until what came in before has been worked on')
    .action(async (wanted: number, options: ChangeOptions) => {
      const operator = operatorOf(context, options);
      const before = (await operator.request({ path: PATH, signal })).body as PartitionsView;
      const question = `${before.partitions} partition(s) become ${wanted}, which cannot be taken back`;
      if (before.partitions !== wanted) await confirm(terminal, options.yes === true, question);
      const json = JSON.stringify({ partitions: wanted });
      const changed = (await operator.request({ method: 'POST', path: PATH, json, signal })).body as PartitionsView;
      terminal.note(`new events go to ${changed.partitions} partition(s)`);
      const view = options.detach ? changed : await follow(changed, operator, context);
      terminal.out(options.json ? JSON.stringify(view) : describe(view));
    });
}

/** Until all that can be worked on has been: dead letters stay until somebody looks at them. */
async function follow(
  changed: PartitionsView,
  operator: HttpClient,
  { terminal, signal }: CommandContext,
): Promise<PartitionsView> {
  let view = changed;
  let heardAt = performance.now();
  while (openIn(view.left) > 0 || (view.state === 'draining' && !view.left.isExact)) {
    terminal.progress(`left from before: ${describeLeft(view.left)}`);
    await sleep(LOOK_EVERY_MS, signal);
    if (signal.aborted) throw new CliError('CLI_UNKNOWN', 'the change is made and goes on: partitions show');
    const exchange = await operator.exchange({ path: PATH, signal });
    if (exchange.kind === 'answered' && exchange.answer.status === 200) {
      view = exchange.answer.body as PartitionsView;
      heardAt = performance.now();
    } else if (performance.now() - heardAt > MAX_SILENCE_MS) {
      throw new CliError(
        'CLI_UNKNOWN',
        'the operator does not answer; the change is made and goes on: partitions show',
      );
    }
  }
  terminal.progress('');
  return view;
}

function openIn({ unread, held, waiting }: Left): number {
  return unread + held + waiting;
}

function describeLeft({ unread, held, waiting, deadLetters, isExact }: Left): string {
  const counts = `${unread} unread, ${held} at work, ${waiting} waiting, ${deadLetters} dead`;
  return isExact ? counts : `${counts}, and more that is not counted`;
}

function describe({ partitions, state, epochs, left, leftIn }: PartitionsView): string {
  const rows = epochs.map((one) => [String(one.epoch), String(one.partitions), one.state, one.since]);
  const lines = [`${partitions} partition(s)`, '', formatTable([['EPOCH', 'PARTITIONS', 'STATE', 'SINCE'], ...rows])];
  if (state === 'settled') return lines.join('\n');
  lines.push('', `left from before the change: ${describeLeft(left)}`);
  if (leftIn.length === 0) return lines.join('\n');
  const parts = leftIn.map((one) => [one.partition, one.unread, one.held, one.waiting, one.deadLetters].map(String));
  lines.push('', formatTable([['PARTITION', 'UNREAD', 'AT WORK', 'WAITING', 'DEAD'], ...parts]));
  return lines.join('\n');
}
