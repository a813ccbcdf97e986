import { type Command, InvalidArgumentError } from 'commander';
import type { CliConfig } from '../config.js';
import type { ExitCode } from '../errors.js';
import { HttpClient } from '../http-client.js';
import type { Terminal } from '../terminal.js';

/** What every command works with. */
export interface CommandContext {
  readonly config: CliConfig;
  readonly terminal: Terminal;
  /** Aborts on Ctrl-C and SIGTERM; a command then undoes what it must not leave behind and ends. */
  readonly signal: AbortSignal;
  /** Notes how the command ends; the last word counts. Without one it ends with 0. */
  readonly exitWith: (code: ExitCode) => void;
}

/** Options of the command line that every command has. */
export interface SharedOptions {
  readonly url?: string;
  readonly operatorUrl?: string;
  readonly json?: true;
}

/** Adds a command that talks to the services: with `--json`, and with the addresses it needs. */
export function addCommand(parent: Command, usage: string, summary: string): Command {
  return parent.command(usage).description(summary).option('--json', 'print JSON instead of a table');
}

export function withUrl(command: Command): Command {
  return command.option('--url <url>', 'where the producer is (MILLRACE_URL)', toUrl);
}

export function withOperatorUrl(command: Command): Command {
  return command.option('--operator-url <url>', 'where the operator is (MILLRACE_OPERATOR_URL)', toUrl);
}

function toUrl(text: string): string {
  if (/^https?:/.test(text) && URL.canParse(text)) return text;
  throw new InvalidArgumentError('must be a URL such as http://host:8080.');
}

export function producerOf({ config }: CommandContext, options: SharedOptions): HttpClient {
  const mend = 'start it (npm start), or say where the producer is: --url, MILLRACE_URL';
  return new HttpClient(options.url ?? config.url, config.apiKey, mend);
}

export function operatorOf({ config }: CommandContext, options: SharedOptions): HttpClient {
  const mend = 'start it (npm start), or say where the operator is: --operator-url, MILLRACE_OPERATOR_URL';
  return new HttpClient(options.operatorUrl ?? config.operatorUrl, config.operatorKey, mend);
}
