import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { applyRewrite } from './rewrite.ts';
import { SABOTAGES } from './sabotages.ts';

const root = join(import.meta.dirname, '../..');
const text = 'one two three';
const rewrite = (find: string) => applyRewrite(text, { file: 'f.js', find, replace: '$& $1' });

describe('applyRewrite', () => {
  it('replaces the one place, to the letter', () => {
    expect(rewrite('two')).toBe('one $& $1 three');
  });

  it('throws for a place that is not there, or is there twice', () => {
    expect(() => rewrite('four')).toThrow('f.js has 0 places');
    expect(() => rewrite('t')).toThrow('f.js has 2 places');
  });
});

describe.each(SABOTAGES)('the build that $name', ({ rewrites, trigger }) => {
  it('still finds every place that it breaks', () => {
    const files = new Map<string, string>();
    for (const one of [...(trigger.rewrites ?? []), ...rewrites]) {
      const before = files.get(one.file) ?? readFileSync(join(root, one.file), 'utf8');
      files.set(one.file, applyRewrite(before, one));
    }
    expect(files.size).toBeGreaterThan(0);
  });
});
