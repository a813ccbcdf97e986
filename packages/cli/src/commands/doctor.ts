import type { Command } from 'commander';
import { EXIT } from '../errors.js';
import type { HttpClient } from '../http-client.js';
import {
  addCommand,
  type CommandContext,
  operatorOf,
  producerOf,
  type SharedOptions,
  withOperatorUrl,
  withUrl,
} from './context.js';
import { type Check, showCheck, summarizeChecks } from './found-check.js';

interface DoctorOptions extends SharedOptions {
  readonly config?: string;
}

/** `doctor`: looks at everything that could be wrong, and says how to mend what is. Exits 1 when something is. */
export function addDoctor(program: Command, context: CommandContext): void {
  withUrl(withOperatorUrl(addCommand(program, 'doctor', 'what is wrong with this deployment, and how to mend it')))
    .option('--config <folder>', 'where routes.yaml is (MILLRACE_CONFIG)')
    .action(async (options: DoctorOptions) => {
      const producer = await checkProducer(producerOf(context, options), context.signal);
      const { checks: ofOperator, partitions } = await checkOperator(operatorOf(context, options), context.signal);
      const dir = options.config ?? context.config.configDir;
      const checks = [producer, ...ofOperator, await checkConfiguration(dir, context, partitions)];
      context.exitWith(checks.every(({ ok }) => ok) ? EXIT.ok : EXIT.no);
      if (options.json) return context.terminal.out(JSON.stringify({ checks }));
      for (const check of checks) showCheck(check, context);
      context.terminal.out(summarizeChecks(checks));
    });
}

async function checkProducer(producer: HttpClient, signal: AbortSignal): Promise<Check> {
  const name = 'producer';
  const exchange = await producer.exchange({ path: '/readyz', signal });
  if (exchange.kind !== 'answered') {
    const mend = 'start it (npm start, docker compose up), or name its address in MILLRACE_URL';
    return { name, ok: false, found: `${producer.baseUrl} does not answer: ${exchange.why}`, mend };
  }
  const { status, text } = exchange.answer;
  if (status === 200) return { name, ok: true, found: `${producer.baseUrl} takes events` };
  return { name, ok: false, found: `not ready: ${text}`, mend: 'mend what it names; mostly it is Redis' };
}

/** What the operator has found, and how many partitions it knows of. */
interface OperatorChecks {
  readonly checks: readonly Check[];
  readonly partitions?: number;
}

async function checkOperator(operator: HttpClient, signal: AbortSignal): Promise<OperatorChecks> {
  const name = 'operator';
  const exchange = await operator.exchange({ path: '/v1/system', signal });
  if (exchange.kind !== 'answered') {
    const mend = 'start it, or name its address in MILLRACE_OPERATOR_URL; one that ends at once says why in its log';
    return { checks: [{ name, ok: false, found: `${operator.baseUrl} does not answer: ${exchange.why}`, mend }] };
  }
  const { status, body } = exchange.answer;
  if (status === 401 || status === 403) {
    const mend = 'set MILLRACE_OPERATOR_KEY, or MILLRACE_OPERATOR_KEY_FILE, to the key that the operator was given';
    return { checks: [{ name, ok: false, found: `${operator.baseUrl} does not know this key`, mend }] };
  }
  const { checks, partitions } = Object(body) as { checks?: readonly Check[]; partitions?: { readonly count: number } };
  if (status === 200 && checks !== undefined) {
    const own = { name, ok: true, found: `${operator.baseUrl} answers` };
    return { checks: [own, ...checks], ...(partitions === undefined ? {} : { partitions: partitions.count }) };
  }
  const mend = 'MILLRACE_OPERATOR_URL leads to something else, or to an older release: mend it';
  const found = `${operator.baseUrl} answered ${status}, and not as an operator does`;
  return { checks: [{ name, ok: false, found, mend }] };
}

/** By the number of partitions that the deployment has, where the operator says so: some orders are refused with several. */
async function checkConfiguration(
  dir: string,
  { config }: CommandContext,
  partitions = config.partitions,
): Promise<Check> {
  const name = 'configuration';
  try {
    const { checkFolder, NO_TOOLS } = await import('../routes/index.js');
    const { problems, routes } = await checkFolder(dir, { ...config, partitions }, async () => NO_TOOLS);
    if (problems.length === 0) return { name, ok: true, found: `${routes.length} route(s) in ${dir}` };
    const found = `${problems.length} problem(s) in ${dir}`;
    return { name, ok: false, found, mend: 'routes check names each with its line; consumers keep the last good one' };
  } catch (error) {
    const mend = 'name the folder with MILLRACE_CONFIG or --config';
    return { name, ok: false, found: error instanceof Error ? error.message : String(error), mend };
  }
}
