import type { Command } from 'commander';
import { CliError } from '../errors.js';
import { formatTable } from '../terminal.js';
import { addCommand, type CommandContext, operatorOf, type SharedOptions, withOperatorUrl } from './context.js';

interface ApprovalView {
  readonly id: string;
  readonly route: string;
  readonly expiresAt: string;
  readonly asks: {
    readonly tool: string;
    readonly requests: Readonly<Record<string, { readonly params?: { readonly message?: string } }>>;
  };
}

interface AnswerOptions extends SharedOptions {
  readonly accept?: string | true;
  readonly decline?: true;
  readonly responses?: string;
}

/** `approvals …`: what tools ask of people, and answering it. */
export function addApprovals(program: Command, context: CommandContext): void {
  const approvals = program.command('approvals').description("deliveries that wait for somebody's answer");
  const add = (usage: string, summary: string) => withOperatorUrl(addCommand(approvals, usage, summary));

  add('list', 'what is asked, soonest to expire first').action(async (options: SharedOptions) => {
    const path = '/v1/approvals?limit=200';
    const answer = await operatorOf(context, options).request({ path, signal: context.signal });
    if (options.json) return context.terminal.out(answer.text);
    const { items } = answer.body as { items: readonly ApprovalView[] };
    const rows = items.map(({ id, route, asks, expiresAt }) => [id, route, asks.tool, questionIn(asks), expiresAt]);
    context.terminal.out(formatTable([['ID', 'ROUTE', 'TOOL', 'ASKS', 'EXPIRES'], ...rows]));
  });

  add('answer <id>', 'answer everything that it asks; the delivery goes on')
    .option('--accept [json]', 'accept, with this content')
    .option('--decline', 'decline')
    .option('--responses <json>', 'an answer for each name: {"name": {"action": "accept", "content": {…}}}')
    .action((id: string, options: AnswerOptions) => answerOne(id, options, context));
}

async function answerOne(id: string, options: AnswerOptions, context: CommandContext): Promise<void> {
  const given = [options.accept, options.decline, options.responses].filter((one) => one !== undefined);
  if (given.length !== 1) throw new CliError('CLI_USAGE', 'say one of --accept, --decline and --responses');
  const operator = operatorOf(context, options);
  const path = `/v1/approvals/${encodeURIComponent(id)}`;
  const { signal } = context;
  const responses =
    options.responses === undefined
      ? sameForAll((await operator.request({ path, signal })).body as ApprovalView, options)
      : parseJson(options.responses, '--responses');
  const json = JSON.stringify({ responses });
  const answer = await operator.request({ method: 'POST', path, json, signal });
  context.terminal.out(options.json ? answer.text : `${id}  answered`);
}

/** One answer to everything that is asked, which mostly is one thing. */
function sameForAll({ asks }: ApprovalView, { accept }: AnswerOptions): Record<string, unknown> {
  const content = typeof accept === 'string' ? { content: parseJson(accept, '--accept') } : {};
  const response = accept === undefined ? { action: 'decline' } : { action: 'accept', ...content };
  return Object.fromEntries(Object.keys(asks.requests).map((name) => [name, response]));
}

function questionIn({ requests }: ApprovalView['asks']): string {
  const questions = Object.entries(requests).map(([name, { params }]) => params?.message ?? name);
  return questions.join('; ').replace(/\s+/g, ' ').slice(0, 80);
}

function parseJson(text: string, option: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CliError('CLI_USAGE', `${option} is not JSON: ${error instanceof Error ? error.message : ''}`);
  }
}
