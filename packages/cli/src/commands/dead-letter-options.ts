import type { Command } from 'commander';
import { CliError } from '../errors.js';
import type { SharedOptions } from './context.js';

/** The conditions by which the operator chooses dead letters, each with what its option says. */
const CONDITIONS = {
  route: 'deliveries along this route',
  reason: 'given up for this, such as outcome-unknown',
  type: 'events of exactly this type',
  code: 'a last error with this code, such as TOOL_TIMEOUT',
  class: 'a last call that was not-sent, refused, failed-by-tool or unknown',
  text: 'a last error whose message contains this',
  since: 'died at this time or later: 2026-02-01T09:00:00Z',
  until: 'died before this time',
} as const;
const NAMES = Object.keys(CONDITIONS) as readonly (keyof typeof CONDITIONS)[];

/** What the operator takes as a filter. Without a condition it is every dead letter. */
export type Filter = Readonly<Partial<Record<keyof typeof CONDITIONS, string>>>;

/** The options of a command that chooses dead letters. */
export interface FilterOptions extends SharedOptions, Filter {
  readonly all?: true;
}

export function withFilter(command: Command): Command {
  return NAMES.reduce((done, name) => done.option(`--${name} <${name}>`, CONDITIONS[name]), command);
}

/** The conditions that were given. */
export function filterIn(options: FilterOptions): Filter {
  return Object.fromEntries(NAMES.flatMap((name) => (options[name] === undefined ? [] : [[name, options[name]]])));
}

/** Why a list of dead letters is empty. */
export function noneOf(filter: Filter): string {
  return Object.keys(filter).length > 0 ? 'no dead letter meets this' : 'there is no dead letter';
}

/** Which dead letters are meant: some by their ids, or those that a filter accepts, and never all by omission. */
export type Chosen = { readonly ids: readonly string[] } | { readonly filter: Filter };

/** Throws CLI_USAGE where nothing was chosen, or in two ways at once. */
export function choose(ids: readonly string[], options: FilterOptions): Chosen {
  const filter = filterIn(options);
  const hasFilter = Object.keys(filter).length > 0;
  const ways = [ids.length > 0, hasFilter, options.all === true].filter(Boolean).length;
  if (ways !== 1) throw new CliError('CLI_USAGE', 'choose dead letters by their ids, by conditions, or with --all');
  return ids.length > 0 ? { ids } : { filter };
}
