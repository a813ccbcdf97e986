import { Argument, type Command } from 'commander';
import { complete } from '../completion/complete.js';
import { SHELL_SCRIPTS, SHELLS, type Shell } from '../completion/shell-scripts.js';
import type { CommandContext } from './context.js';

/** `completion <shell>`, and `complete`, by which a shell that has read it asks what may come next. */
export function addCompletion(program: Command, { terminal }: CommandContext): void {
  program
    .command('completion')
    .description('what a shell reads to complete commands and options: source <(millrace completion bash)')
    .addArgument(new Argument('<shell>').choices(SHELLS))
    .action((shell: Shell) => terminal.out(SHELL_SCRIPTS[shell]));

  program
    .command('complete', { hidden: true })
    .argument('[words...]')
    .action((words: readonly string[]) => {
      for (const { word, about } of complete(program, words)) terminal.out(`${word}\t${about}`);
    });
}
