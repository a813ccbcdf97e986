import { randomBytes } from 'node:crypto';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { CliError, EXIT, type ExitCode } from '../errors.js';
import { HttpClient } from '../http-client.js';
import type { Report } from '../verify/check.js';
import { parseDuration } from '../verify/duration.js';
import { FAULT_KINDS, type FaultKind } from '../verify/history.js';
import { MAX_EVENTS, type VerifyPlan } from '../verify/plan.js';
import { ProcessTable } from '../verify/process-table.js';
import { formatReport } from '../verify/report-text.js';
import { runVerify } from '../verify/run-verify.js';
import { AGENT_ROUTE, TESTED_ROUTES } from '../verify/tested-route.js';
import type { Verdict } from '../verify/verdict.js';
import {
  addCommand,
  type CommandContext,
  operatorOf,
  producerOf,
  type SharedOptions,
  withOperatorUrl,
  withUrl,
} from './context.js';
import { showSelfTest } from './self-test.js';
import { whole } from './whole-number.js';

/** Where `npm start` writes down what it runs, seen from the repository's root. */
const PROCESSES = '.millrace/processes.json';
const MAX_DURATION_MS = 24 * 3_600_000;
const MAX_RATE = 2_000;
const MAX_SEED = 2 ** 32 - 1;

interface VerifyOptions extends SharedOptions {
  readonly witness?: readonly string[];
  /** False with `--no-model`. */
  readonly model?: string | false;
  readonly processes?: string;
  readonly duration: number;
  readonly rate: number;
  readonly seed: number;
  readonly faults?: readonly FaultKind[];
  readonly minHits?: number;
  readonly drain: number;
  readonly keep?: true;
  readonly selfTest?: true;
  readonly sabotage?: false | readonly string[];
}

/** An option that is a time; its default is shown as somebody would type it. */
function time(flags: string, description: string, defaultMs: number, shown: string): Option {
  return new Option(flags, description).argParser(asDuration).default(defaultMs, shown);
}

/** `verify`: sends events, breaks things, and compares what was accepted, what the system says and what really happened. */
export function addVerify(program: Command, context: CommandContext): void {
  withOperatorUrl(
    withUrl(addCommand(program, 'verify', 'prove the delivery guarantees of a running system under faults')),
  )
    .addOption(time('--duration <time>', 'how long events are sent: 60s, 5m', 60_000, '60s'))
    .option('--rate <n>', 'events per second', whole(1, MAX_RATE), 60)
    .option('--seed <n>', 'of every choice that is made', whole(0, MAX_SEED), 1)
    .option('--faults <kinds>', `${FAULT_KINDS.join(',')}, or none (default: all that can be done here)`, asFaults)
    .option('--witness <url...>', 'where the mock clouds are (default: those of npm start, without --url)')
    .option('--model <url>', 'where the scripted model is (default: that of npm start, without --url)')
    .option('--no-model', 'leave the agent route out')
    .option('--processes <file>', `processes that may be killed and frozen (default: ${PROCESSES}, without --url)`)
    .option('--min-hits <n>', 'kills that must hit work in flight (default: one for every 3 s)', whole(0, 1_000_000))
    .addOption(time('--drain <time>', 'how long the system may take to come to rest', 180_000, '3m'))
    .option('--keep', 'leave the dead letters of this run, also when all is well')
    .option('--self-test', 'plant anomalies into invented accounts, and break builds on purpose: each must be caught')
    .option('--sabotage <name...>', 'with --self-test: break these builds alone')
    .option('--no-sabotage', 'with --self-test: invented accounts alone, which takes no time and starts nothing')
    .action(async (options: VerifyOptions) => {
      if (options.selfTest) return context.exitWith(await showSelfTest(options, context));
      const { terminal } = context;
      const { plan: basis, processes, witnessUrls } = prepare(options, context);
      const model = await findModel(options, context);
      const plan = model === undefined ? basis : { ...basis, routes: [...basis.routes, AGENT_ROUTE] };
      const faults = plan.faults.join(', ') || 'none';
      terminal.note(`seed ${plan.seed}, ${plan.durationMs / 1_000} s at ${plan.rate} events/s, faults: ${faults}`);
      const parts = {
        producer: producerOf(context, options),
        operator: operatorOf(context, options),
        witnesses: witnessUrls.map((url) => new HttpClient(url)),
        model,
        processes,
        runId: randomBytes(4).toString('hex'),
        say: terminal.note,
      };
      const report = await keepExitCode(runVerify(plan, parts, context.signal));
      const { seed, durationMs, rate } = plan;
      terminal.out(options.json ? JSON.stringify({ ...report, seed, durationMs, rate }) : formatReport(report));
      context.exitWith(exitCodeOf(report.verdict));
    });
}

/** Exit 1 is kept for a broken guarantee: a service that refuses to talk to us is none. */
async function keepExitCode(run: Promise<Report>): Promise<Report> {
  try {
    return await run;
  } catch (error) {
    if (!(error instanceof CliError && error.code === 'CLI_REFUSED')) throw error;
    throw new CliError('CLI_UNREACHABLE', error.message, { cause: error });
  }
}

/**
 * The scripted model, if the route that asks one is to be tested: the one that is named, else that of `npm start` where it
 * runs. A real model decides for itself, so nothing could be expected of it.
 */
async function findModel(
  { url, model }: VerifyOptions,
  { config, terminal }: CommandContext,
): Promise<HttpClient | undefined> {
  if (model === false) return undefined;
  if (typeof model === 'string') return new HttpClient(model);
  const local = url === undefined && config.isLocal ? new HttpClient(config.modelUrl) : undefined;
  const { kind } = (await local?.exchange({ path: '/livez' })) ?? { kind: 'unsent' };
  if (kind === 'answered') return local;
  const where = local === undefined ? 'give --model' : `${local.baseUrl} does not answer`;
  terminal.note(`the agent route is left out, for want of the scripted model: ${where}`);
  return undefined;
}

/** Works out what may be done here. Throws CLI_USAGE for a fault that was asked for and cannot be done. */
function prepare(options: VerifyOptions, { config }: CommandContext) {
  const isLocal = options.url === undefined && config.isLocal;
  const path = options.processes ?? (isLocal ? PROCESSES : undefined);
  const processes = path === undefined ? undefined : new ProcessTable(path);
  const witnessUrls = options.witness ?? (isLocal ? config.witnessUrls : []);
  if (witnessUrls.length === 0)
    throw new CliError('CLI_USAGE', 'nothing can be proved without a witness: give --witness');
  const canDo: Readonly<Record<FaultKind, boolean>> = {
    kill: processes !== undefined && processes.list('consumer').length > 0,
    freeze: processes !== undefined && processes.list('redis').length > 0,
    cut: true,
    delay: true,
    duplicate: true,
  };
  const impossible = options.faults?.filter((kind) => !canDo[kind]) ?? [];
  if (impossible.length > 0) throw new CliError('CLI_USAGE', `cannot be done here: ${impossible.join(', ')}`);
  const { duration: durationMs, rate, seed, minHits, drain: drainMs } = options;
  if ((rate * durationMs) / 1_000 > MAX_EVENTS) {
    throw new CliError('CLI_USAGE', `--rate times --duration is more than ${MAX_EVENTS} events`);
  }
  const faults = options.faults ?? FAULT_KINDS.filter((kind) => canDo[kind]);
  const keep = options.keep ?? false;
  const plan: VerifyPlan = { routes: TESTED_ROUTES, durationMs, rate, seed, faults, minHits, drainMs, keep };
  return { plan, processes, witnessUrls };
}

function exitCodeOf(verdict: Verdict): ExitCode {
  if (verdict === true) return EXIT.ok;
  return verdict === false ? EXIT.no : EXIT.unknown;
}

function asDuration(text: string): number {
  const ms = parseDuration(text);
  if (ms !== undefined && ms >= 1_000 && ms <= MAX_DURATION_MS) return ms;
  throw new InvalidArgumentError('must be a time from 1s to 24h, such as 60s or 5m.');
}

function asFaults(text: string): readonly FaultKind[] {
  if (text === 'none') return [];
  return [...new Set(text.split(','))].map((word) => {
    const kind = FAULT_KINDS.find((one) => one === word.trim());
    if (kind === undefined) throw new InvalidArgumentError(`must be none, or some of ${FAULT_KINDS.join(', ')}.`);
    return kind;
  });
}
