import type { Command } from 'commander';
import { CliError } from '../errors.js';
import { addCommand, type CommandContext, operatorOf, type SharedOptions, withOperatorUrl } from './context.js';
import { type ApprovalView, showApproval } from './show-approval.js';
import { showList } from './show-list.js';
import { whole } from './whole-number.js';

const MAX_ATTEMPT = 1_000_000;
/** Characters of a question in a list: a row should stay one. */
const MAX_QUESTION = 80;

interface GivenOptions extends SharedOptions {
  readonly attempt?: number;
}

interface DenyOptions extends GivenOptions {
  readonly reason?: string;
}

interface AnswerOptions extends GivenOptions {
  readonly accept?: string | true;
  readonly decline?: true;
  readonly responses?: string;
}

/** `approvals …`: what tools ask of people and which calls of agents wait for them, and answering it. */
export function addApprovals(program: Command, context: CommandContext): void {
  const approvals = program.command('approvals').description("deliveries that wait for somebody's answer");
  const add = (usage: string, summary: string) => withOperatorUrl(addCommand(approvals, usage, summary));
  const addAnswer = (usage: string, summary: string) =>
    add(usage, summary).option(
      '--attempt <n>',
      'of which `show` told: what is asked since is not answered',
      whole(1, MAX_ATTEMPT),
    );

  add('list', 'what is asked, soonest to expire first').action(async (options: SharedOptions) => {
    const path = '/v1/approvals?limit=200';
    const answer = await operatorOf(context, options).request({ path, signal: context.signal });
    if (options.json) return context.terminal.out(answer.text);
    const { items } = answer.body as { items: readonly ApprovalView[] };
    const rows = items.map(({ id, route, asks, expiresAt }) => [id, route, callIn(asks), questionIn(asks), expiresAt]);
    showList(context, ['ID', 'ROUTE', 'CALL', 'ASKS', 'EXPIRES'], rows, 'nothing waits for an answer');
    const [first] = items;
    if (first !== undefined)
      context.terminal.note(`the whole question, and how to answer it: approvals show ${first.id}`);
  });

  add('show <id>', 'what one of them asks, with the arguments of the call and the event').action(
    async (id: string, options: SharedOptions) => {
      const path = `/v1/approvals/${encodeURIComponent(id)}`;
      const answer = await operatorOf(context, options).request({ path, signal: context.signal });
      if (options.json) return context.terminal.out(answer.text);
      showApproval(answer.body as ApprovalView, context);
    },
  );

  addAnswer('approve <id>', 'say yes: the call of an agent is made, once, with the arguments shown').action(
    (id: string, options: GivenOptions) => answerAll(id, { action: 'accept' }, options, context),
  );

  addAnswer('deny <id>', 'say no')
    .option('--reason <text>', 'why; the agent is told')
    .action((id: string, options: DenyOptions) => {
      const content = options.reason === undefined ? {} : { content: { reason: options.reason } };
      return answerAll(id, { action: 'decline', ...content }, options, context);
    });

  addAnswer('answer <id>', 'answer everything that it asks; the delivery goes on')
    .option('--accept [json]', 'accept, with this content')
    .option('--decline', 'decline')
    .option('--responses <json>', 'an answer for each name: {"name": {"action": "accept", "content": {…}}}')
    .action((id: string, options: AnswerOptions) => answerOne(id, options, context));
}

async function answerOne(id: string, options: AnswerOptions, context: CommandContext): Promise<void> {
  const given = [options.accept, options.decline, options.responses].filter((one) => one !== undefined);
  if (given.length !== 1) throw new CliError('CLI_USAGE', 'say one of --accept, --decline and --responses');
  if (options.responses === undefined) return answerAll(id, toResponse(options), options, context);
  const responses = parseJson(options.responses, '--responses');
  await post(id, { responses, attempt: options.attempt }, options, context);
}

function toResponse({ accept }: AnswerOptions): object {
  const content = typeof accept === 'string' ? { content: parseJson(accept, '--accept') } : {};
  return accept === undefined ? { action: 'decline' } : { action: 'accept', ...content };
}

/** One answer to everything that is asked, which mostly is one thing. */
async function answerAll(id: string, response: object, options: GivenOptions, context: CommandContext): Promise<void> {
  const operator = operatorOf(context, options);
  const path = `/v1/approvals/${encodeURIComponent(id)}`;
  const { asks, attempts } = (await operator.request({ path, signal: context.signal })).body as ApprovalView;
  const responses = Object.fromEntries(Object.keys(asks.requests).map((name) => [name, response]));
  await post(id, { responses, attempt: options.attempt ?? attempts }, options, context);
}

async function post(id: string, body: object, options: SharedOptions, context: CommandContext): Promise<void> {
  const path = `/v1/approvals/${encodeURIComponent(id)}`;
  const json = JSON.stringify(body);
  const request = { method: 'POST', path, json, signal: context.signal } as const;
  const answer = await operatorOf(context, options).request(request);
  if (options.json) return context.terminal.out(answer.text);
  context.terminal.out(`${id}  answered`);
  context.terminal.note(`what becomes of it: events show ${id.slice(0, id.indexOf('.'))}`);
}

function questionIn({ requests }: ApprovalView['asks']): string {
  const questions = Object.entries(requests).map(([name, { params }]) => params?.message ?? name);
  const said = questions.join('; ').replace(/\s+/g, ' ');
  return said.length > MAX_QUESTION ? `${said.slice(0, MAX_QUESTION - 1)}…` : said;
}

function callIn({ server, tool }: ApprovalView['asks']): string {
  return [server, tool].filter(Boolean).join('/');
}

function parseJson(text: string, option: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CliError('CLI_USAGE', `${option} is not JSON: ${error instanceof Error ? error.message : ''}`);
  }
}
