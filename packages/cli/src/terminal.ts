import { createInterface } from 'node:readline/promises';
import { stripVTControlCharacters, styleText } from 'node:util';

/** Where a command writes. Tests hand in arrays; `main` the process's streams. */
export interface Terminal {
  /** A line of the answer. */
  readonly out: (line: string) => void;
  /** A line beside the answer: progress, a failure. Never part of what `--json` prints. */
  readonly note: (line: string) => void;
  /**
   * Shows how far something has come: on a terminal in place of what was shown before, where '' takes it away; elsewhere as
   * a plain line now and then.
   */
  readonly progress: (line: string) => void;
  /** Asks the person and resolves with the answer; with undefined where there is nobody to be asked. */
  readonly ask: (question: string) => Promise<string | undefined>;
}

/** Writes to this process. Colours are left out where the stream is no terminal, and where NO_COLOR is set. */
export function openTerminal(): Terminal {
  const tellPlainly = createPlainProgress(
    (line) => void process.stderr.write(`${line}\n`),
    performance.now.bind(performance),
  );
  return {
    out: (line) => void process.stdout.write(`${process.stdout.isTTY ? forTerminal(line) : line}\n`),
    note: (line) => void process.stderr.write(`${process.stderr.isTTY ? forTerminal(line) : line}\n`),
    progress: (line) => {
      if (process.stderr.isTTY) process.stderr.write(`${CLEAR_LINE}${forTerminal(line)}`);
      else tellPlainly(line);
    },
    ask: async (question) => {
      if (!process.stdin.isTTY || !process.stderr.isTTY) return undefined;
      const lines = createInterface({ input: process.stdin, output: process.stderr });
      // Ctrl-C and Ctrl-D are a no.
      const closed = new Promise<string>((resolve) => lines.once('close', () => resolve('')));
      const answer = await Promise.race([lines.question(forTerminal(question)), closed]);
      lines.close();
      return answer;
    },
  };
}

/** Between two plain lines of progress, in ms: what takes less long says nothing, and a log is not filled. */
const PLAIN_EVERY_MS = 5_000;

/** Hands on how far something has come as lines of a log: every few seconds at most, and only what is new. */
export function createPlainProgress(write: (line: string) => void, nowMs: () => number): (line: string) => void {
  let saidAt = nowMs();
  let said = '';
  return (line) => {
    if (line === '' || line === said || nowMs() - saidAt < PLAIN_EVERY_MS) return;
    [said, saidAt] = [line, nowMs()];
    write(line);
  };
}

const CLEAR_LINE = '\r\u001b[K';

/** Our own colours, and whatever a terminal would obey or a person would not see. */
const CONTROLS = /\p{Cc}\[(?:0|1|2|22|31|32|33|39)m|[\p{Cc}\p{Cf}]/gu;
const OURS = ['\u001b[', '\n', '\t'];

/**
 * A line as a terminal may have it. Tools and senders choose some of the words, and with a few control characters could put
 * another question before a person than the one that is answered.
 */
export function forTerminal(line: string): string {
  return line.replace(CONTROLS, (found) => (OURS.some((one) => found.startsWith(one)) ? found : ''));
}

type Colour = 'green' | 'red' | 'yellow' | 'dim' | 'bold';

/** Colours a word for people. The stream that it is for must be stdout. */
export function colour(name: Colour, text: string): string {
  return styleText(name, text, { stream: process.stdout });
}

/** Rows in columns as wide as their widest cell, the first row being the header. Colour codes take no room. */
export function formatTable(given: readonly (readonly string[])[]): string {
  // A cell with a line break in it would look like a row.
  const rows = given.map((row) => row.map((cell) => cell.replace(/[\r\n]+/g, ' ')));
  const widths: number[] = [];
  for (const row of rows) {
    for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, widthOf(cell));
  }
  const pad = (cell: string, at: number) => cell + ' '.repeat((widths[at] ?? 0) - widthOf(cell));
  return rows.map((row) => row.map(pad).join('  ').trimEnd()).join('\n');
}

function widthOf(cell: string): number {
  return stripVTControlCharacters(cell).length;
}
