import type { Command, Option } from 'commander';

/** A word that a command line may go on with, and what it is about. */
export interface Candidate {
  readonly word: string;
  readonly about: string;
}

/** What the last of these words may become: commands, options, or the choices that an option or an argument has. */
export function complete(program: Command, words: readonly string[]): readonly Candidate[] {
  const partial = words.at(-1) ?? '';
  const { command, awaiting, given } = follow(program, words.slice(0, -1));
  return candidatesOf(command, awaiting, given, partial).filter(({ word }) => word.startsWith(partial));
}

interface Place {
  readonly command: Command;
  /** An option whose value comes next. */
  readonly awaiting: Option | undefined;
  /** How many arguments of the command are there already. */
  readonly given: number;
}

/** Where a command line has come to. What it cannot place it takes for an argument. */
function follow(program: Command, words: readonly string[]): Place {
  let place: Place = { command: program, awaiting: undefined, given: 0 };
  for (const word of words) {
    const { command, awaiting, given } = place;
    const option = command.options.find(({ long, short }) => word === long || word === short);
    const next = command.commands.find((one) => one.name() === word);
    if (awaiting !== undefined) place = { command, awaiting: undefined, given };
    else if (option !== undefined) place = { command, awaiting: takesValue(option) ? option : undefined, given };
    else if (next !== undefined) place = { command: next, awaiting: undefined, given: 0 };
    else place = { command, awaiting, given: word.startsWith('-') ? given : given + 1 };
  }
  return place;
}

function takesValue({ required, optional }: Option): boolean {
  return required || optional;
}

function candidatesOf(
  command: Command,
  awaiting: Option | undefined,
  given: number,
  partial: string,
): readonly Candidate[] {
  if (awaiting !== undefined) return toChoices(awaiting.argChoices);
  const help = command.createHelp();
  if (partial.startsWith('-'))
    return help.visibleOptions(command).map(({ long, short, description }) => toCandidate(long ?? short, description));
  const argument = command.registeredArguments[given] ?? command.registeredArguments.findLast((one) => one.variadic);
  const commands = help.visibleCommands(command).map((one) => toCandidate(one.name(), one.description()));
  return [...commands, ...toChoices(argument?.argChoices)];
}

function toChoices(words: readonly string[] = []): readonly Candidate[] {
  return words.map((word) => toCandidate(word, ''));
}

function toCandidate(word = '', about: string): Candidate {
  return { word, about };
}
