import { createHash } from 'node:crypto';
import { waitUntil } from '@millrace/testing';
import { Redis } from 'ioredis';

/** A command as it came to Redis, or a script with every command that it carried out. */
export interface Touched {
  /** A script has its own name, as its first line says it; any other command its own, in small letters. */
  readonly name: string;
  /** What all its keys are tagged with, those that a script made while it ran among them; sorted. */
  readonly partitions: readonly string[];
}

export interface PartitionWatch {
  /** Resolves with everything that came since the watch began, in order. */
  touched(): Promise<readonly Touched[]>;
  close(): void;
}

interface Line {
  readonly args: readonly string[];
  readonly isInScript: boolean;
}

/**
 * Watches what comes to one Redis, from everybody, by its own account (`MONITOR`): it tells of a script before it tells
 * of what the script does, and of nothing else in between.
 */
export async function watchPartitions(url: string): Promise<PartitionWatch> {
  const asking = new Redis(url);
  const monitor = await asking.monitor();
  const lines: Line[] = [];
  monitor.on('monitor', (_time: string, args: string[], source: string) => {
    lines.push({ args: args.map(unquote), isInScript: source === 'lua' });
  });
  return {
    touched: async () => {
      const mark = `heard of ${lines.length}`;
      await asking.echo(mark);
      await waitUntil(() => lines.some(({ args }) => args[1] === mark), 'everything before it was heard');
      return gather(lines);
    },
    close: () => {
      monitor.disconnect();
      asking.disconnect();
    },
  };
}

function gather(lines: readonly Line[]): readonly Touched[] {
  const names = new Map<string, string>();
  for (const { args } of lines) if (isCommand(args, 'eval')) names.set(digestOf(args[1] ?? ''), nameIn(args[1] ?? ''));
  const all: { name: string; partitions: Set<string> }[] = [];
  for (const { args, isInScript } of lines) {
    if (!isInScript) all.push({ name: nameOf(args, names), partitions: new Set() });
    for (const arg of args) {
      const [, partition] = /^[\w-]+:\{(\d+)\}:/.exec(arg) ?? [];
      if (partition !== undefined) all.at(-1)?.partitions.add(partition);
    }
  }
  return all.map(({ name, partitions }) => ({ name, partitions: [...partitions].sort() }));
}

function nameOf([command = '', first = '']: readonly string[], names: ReadonlyMap<string, string>): string {
  const name = command.toLowerCase();
  if (name === 'eval') return nameIn(first);
  return name === 'evalsha' ? (names.get(first) ?? first) : name;
}

const isCommand = ([command = '']: readonly string[], name: string) => command.toLowerCase() === name;

/** What the header of a script says that it is called. */
function nameIn(text: string): string {
  return /^-- ([a-z-]+) \(format \d+\): /m.exec(text.replace(/^KEYS\[#KEYS\] = nil /m, ''))?.[1] ?? text;
}

function digestOf(text: string): string {
  return createHash('sha1').update(text, 'latin1').digest('hex');
}

const UNQUOTED: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', a: '\u0007', b: '\b' };

/** What was quoted, a character for each byte. */
function unquote(text: string): string {
  return text.replace(/\\(?:x([0-9a-f]{2})|(.))/g, (_all, byte: string | undefined, letter: string) =>
    byte === undefined ? (UNQUOTED[letter] ?? letter) : String.fromCharCode(Number.parseInt(byte, 16)),
  );
}
