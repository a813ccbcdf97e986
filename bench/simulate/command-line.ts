import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { FITTED, parseCosts } from './costs.ts';
import { type Costs, DEFAULT_SCENARIO, type Scenario } from './settings.ts';

/** The numbers that a scenario is given by: option, field, what it is. Durations in ms unless they say otherwise. */
const NUMBERS = [
  ['events-per-s', 'eventsPerSecond', 'events that come, a second'],
  ['seconds', 'durationMs', 'how long they come'],
  ['producers', 'producers', 'producers that they come to'],
  ['partitions', 'partitions', 'partitions'],
  ['nodes', 'nodes', 'Redis nodes; a partition is where its slot is in a new cluster'],
  ['consumers', 'consumers', 'consumers'],
  ['concurrency', 'concurrency', 'entries that a consumer handles at once'],
  ['tool-ms', 'toolMs', 'how long a tool call takes'],
  ['network-ms', 'networkMs', 'one way between two processes'],
  ['failures', 'failures', 'share of calls that fail and are tried again, 0 to 1'],
  ['keys', 'keys', 'different partition keys'],
  ['kill', 'killed', 'consumers that die without a word'],
  ['kill-at-ms', 'killAtMs', 'when, after the first event'],
  ['claim-idle-ms', 'claimIdleMs', 'as MILLRACE_CLAIM_IDLE_MS'],
  ['heartbeat-ms', 'heartbeatMs', 'as MILLRACE_HEARTBEAT_MS'],
  ['sweep-ms', 'sweepMs', 'as MILLRACE_SWEEP_MS'],
  ['data-bytes', 'dataBytes', 'bytes of data of an event'],
  ['drain-ms', 'drainMs', 'how long what is left may take after the last event'],
  ['seed', 'seed', 'the same seed gives the same run'],
] as const satisfies readonly (readonly [string, keyof Scenario, string])[];

const FLAGS = ['ordered', 'spread', 'memory', 'json', 'help', 'against-measured', 'fit'] as const;

const TEXTS = { costs: { type: 'string' }, case: { type: 'string' } } as const;

const LINES = NUMBERS.map(([option, field, what]) => {
  const value = field === 'durationMs' ? DEFAULT_SCENARIO.durationMs / 1_000 : DEFAULT_SCENARIO[field];
  return `  --${option.padEnd(16)} ${what} (${value})`;
});

export const HELP = `Simulates a deployment: the consumer's own code on a virtual clock, over a modelled Redis.

  npm run simulate -- --events-per-s 10000 --consumers 40

${LINES.join('\n')}
  --ordered          events of a key go out one after the other
  --spread           partitions are dealt out to nodes one by one, whatever their slots
  --memory           Redis does not sync every write to its disk
  --scenario JSON    all of it at once, by the names that bench/simulate/settings.ts has; given several times, one after the other
  --costs FILE       what steps cost, as --fit prints it (bench/simulate/costs.ts)
  --json             prints the figures as JSON, a line for each scenario

  npm run simulate -- --against-measured    runs small real systems beside their simulations; exit code 1 where they differ
    --case TEXT        those alone that have it in their titles
  npm run simulate -- --fit                 prints what the commands of a real Redis cost on this machine
`;

/** What somebody asks for. */
export type Command =
  | {
      readonly kind: 'simulate';
      readonly scenarios: readonly Scenario[];
      readonly costs: Costs;
      readonly isJson: boolean;
    }
  | { readonly kind: 'compare'; readonly text?: string }
  | { readonly kind: 'fit' | 'help' }
  | { readonly kind: 'wrong'; readonly problem: string };

export function parseCommand(args: readonly string[]): Command {
  const numbers = Object.fromEntries(NUMBERS.map(([option]) => [option, { type: 'string' as const }]));
  const flags = Object.fromEntries(FLAGS.map((name) => [name, { type: 'boolean' as const }]));
  try {
    const { values: parsed } = parseArgs({
      args: [...args],
      options: { ...numbers, ...flags, scenario: { type: 'string', multiple: true }, ...TEXTS },
    });
    const { scenario: texts = ['{}'], costs: file, case: text } = parsed;
    const values = parsed as Readonly<Record<string, unknown>>;
    if (values.help) return { kind: 'help' };
    if (values['against-measured']) return { kind: 'compare', ...(text === undefined ? {} : { text }) };
    if (text !== undefined) throw new Error('--case goes with --against-measured');
    if (values.fit) return { kind: 'fit' };
    const given = Object.fromEntries(
      NUMBERS.flatMap(([option, field]) => {
        const text = values[option];
        return typeof text === 'string' ? [[field, toNumber(option, text) * (option === 'seconds' ? 1_000 : 1)]] : [];
      }),
    );
    const scenarios = texts.map((text) => ({
      ...DEFAULT_SCENARIO,
      ...readScenario(text),
      ...given,
      ...(values.ordered === true ? { isOrdered: true } : {}),
      ...(values.spread === true ? { isSpread: true } : {}),
      ...(values.memory === true ? { isSynced: false } : {}),
    }));
    for (const scenario of scenarios) checkCounts(scenario);
    const costs = file === undefined ? FITTED : parseCosts(readFileSync(file, 'utf8'));
    return { kind: 'simulate', scenarios, costs, isJson: values.json === true };
  } catch (error) {
    return { kind: 'wrong', problem: error instanceof Error ? error.message : String(error) };
  }
}

function checkCounts(scenario: Scenario): void {
  for (const field of ['producers', 'partitions', 'nodes', 'consumers', 'concurrency', 'keys'] as const) {
    const count = scenario[field];
    if (!Number.isInteger(count) || count < 1)
      throw new Error(`${field} must be a whole number from 1 on, not ${count}`);
  }
}

function readScenario(text: string): Partial<Scenario> {
  const given = JSON.parse(text) as Partial<Scenario>;
  const unknown = Object.keys(given).filter((name) => !(name in DEFAULT_SCENARIO));
  if (unknown.length > 0) throw new Error(`a scenario has no ${unknown.join(', ')}`);
  return given;
}

function toNumber(option: string, text: string): number {
  const number = Number(text);
  if (text.trim() === '' || !Number.isFinite(number) || number < 0)
    throw new Error(`--${option} must be a number from 0 on, not ${text}`);
  return number;
}
