import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { describeCommands } from '../src/describe-commands.js';

describe('docs/commands.md', () => {
  it('is what the program says: `node scripts/write-reference-pages.mjs` writes it anew', () => {
    const page = readFileSync(new URL('../../../docs/commands.md', import.meta.url), 'utf8');
    expect(page).toBe(describeCommands());
  });
});
