import { Command, CommanderError } from 'commander';
import { addApprovals } from './commands/approvals.js';
import { addAudit } from './commands/audit.js';
import { addCompletion } from './commands/completion.js';
import { addConsumers } from './commands/consumers.js';
import type { CommandContext } from './commands/context.js';
import { addContexts } from './commands/contexts.js';
import { addDeadLetters } from './commands/dead-letters.js';
import { addDoctor } from './commands/doctor.js';
import { addEvents } from './commands/events.js';
import { addPartitions } from './commands/partitions.js';
import { addPauses } from './commands/pausing.js';
import { addRoutes } from './commands/routes.js';
import { addServers } from './commands/servers.js';
import { addSystem } from './commands/system.js';
import { addTools } from './commands/tools.js';
import { addVerify } from './commands/verify.js';
import { EXIT, type ExitCode, exitCodeFor } from './errors.js';

/** Runs one command line to its end and resolves with its exit code. Every failure is a line for the person, not a throw. */
export async function runCli(args: readonly string[], parts: Omit<CommandContext, 'exitWith'>): Promise<ExitCode> {
  let code: ExitCode = EXIT.ok;
  const context: CommandContext = {
    ...parts,
    exitWith: (given) => {
      code = given;
    },
  };
  const { terminal } = parts;
  const program = createProgram(context);
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    // Commander has said what is wrong, or printed the help that was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.unusable;
    terminal.note(describe(error));
    return exitCodeFor(error);
  }
  return code;
}

/** The whole command line, without having run any of it. */
export function createProgram(context: CommandContext): Command {
  const program = new Command('millrace')
    .description(
      'Events in over HTTP, tool calls out over MCP. Exit codes: 0 done, 1 no, 2 cannot be told, 3 not tried.',
    )
    .exitOverride()
    .showHelpAfterError('What it takes: the same with --help')
    .configureOutput({
      writeOut: (text) => context.terminal.out(text.trimEnd()),
      writeErr: (text) => context.terminal.note(text.trimEnd()),
    });
  addEvents(program, context);
  addDeadLetters(program, context);
  addApprovals(program, context);
  addContexts(program, context);
  addPauses(program, context);
  addAudit(program, context);
  addConsumers(program, context);
  addServers(program, context);
  addTools(program, context);
  addRoutes(program, context);
  addSystem(program, context);
  addPartitions(program, context);
  addVerify(program, context);
  addDoctor(program, context);
  addCompletion(program, context);
  program.addHelpText('after', FIRST_STEPS);
  return program;
}

const FIRST_STEPS = `
First steps:
  events send com.shop.order.created --wait 10 --data '{"orderId":"1001","sku":"mug","quantity":1,"total":199.5}'
                     send an event, and see what became of it
  dead-letters list  what failed; each says why, and how to go on
  servers list       which server is slow, or fails
  approvals list     what waits for a person
  doctor             what is wrong, and how to mend it`;

function describe(error: unknown): string {
  const code = exitCodeFor(error);
  const isOurs = error instanceof Error && 'code' in error;
  return isOurs || code !== EXIT.unknown ? String((error as Error).message) : String((error as Error)?.stack ?? error);
}
