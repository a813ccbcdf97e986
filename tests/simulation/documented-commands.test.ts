import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { parseCommand } from '../../bench/simulate/command-line.ts';

const PAGES = ['docs/scaling.md', 'bench/README.md'];

/** The options of each line of a page that runs the simulation; what it says behind a `#` is for people. */
function linesOf(page: string): string[] {
  return [...readFileSync(page, 'utf8').matchAll(/^npm run simulate -- ([^#\n]+)/gm)].map(
    ([, options]) => `${options}`,
  );
}

it.each(PAGES)('what %s says to run is what the simulation takes', (page) => {
  const lines = linesOf(page);
  expect(lines.length).toBeGreaterThan(2);
  for (const line of lines) {
    // A file that the reader is to write first, and where output goes.
    const options = line
      .replace(/ > .*$/, '')
      .replace(/--costs \S+/, '')
      .trim();
    expect(() => parseCommand(options.split(/\s+/))).not.toThrow();
  }
});
