import { toMarkdownTable } from '@millrace/runtime';
import type { Command } from 'commander';
import { loadConfig } from './config.js';
import { createProgram } from './program.js';

/** Every command with its options as a page for people: `docs/commands.md`, in Markdown. Runs none of them. */
export function describeCommands(): string {
  const silent = { out: () => {}, note: () => {}, progress: () => {}, ask: async () => undefined };
  const program = createProgram({
    config: loadConfig({}),
    terminal: silent,
    signal: new AbortController().signal,
    exitWith: () => {},
  });
  return [INTRODUCTION, ...visibleIn(program).map((command) => describeGroup(command))].join('\n');
}

const INTRODUCTION = `# Commands

Every command of \`npm run millrace --\` (or \`npx millrace\`) with its options. What they are for, and the exit codes, is in
[cli.md](cli.md). Every command has \`--help\` and \`--json\`.

This page is made from the program: \`node scripts/write-reference-pages.mjs\`.
`;

/** Without what is for machines, and the help that every command has. */
function visibleIn(program: Command): readonly Command[] {
  return program
    .createHelp()
    .visibleCommands(program)
    .filter((command) => command.name() !== 'help');
}

function describeGroup(command: Command): string {
  const leaves = command.commands.length === 0 ? [command] : command.commands;
  const head = command.commands.length === 0 ? '' : `${command.description()}\n\n`;
  return `## ${command.name()}\n\n${head}${leaves.map(describeCommand).join('\n')}`;
}

function describeCommand(command: Command): string {
  const options = command.options.filter(({ long }) => long !== '--json');
  const rows = options.map(({ flags, description, defaultValue, defaultValueDescription }) => {
    const shown = defaultValue === undefined ? '' : `\`${defaultValueDescription ?? String(defaultValue)}\``;
    return [`\`${flags}\``, description, shown];
  });
  const table = rows.length === 0 ? '' : `\n${toMarkdownTable([['Option', 'Says', 'Default'], ...rows])}`;
  return `### \`${nameOf(command)}\`\n\n${command.description()}\n${table}`;
}

/** As somebody types it: `events send <type>`. */
function nameOf(command: Command): string {
  const args = command.registeredArguments.map((argument) => {
    const name = `${argument.name()}${argument.variadic ? '...' : ''}`;
    return argument.required ? `<${name}>` : `[${name}]`;
  });
  const parent = command.parent?.parent == null ? [] : [command.parent.name()];
  return [...parent, command.name(), ...args].join(' ');
}
