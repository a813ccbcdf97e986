import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { describeMetrics } from '../src/index.js';

describe('docs/metrics.md', () => {
  it('is what the catalogue says: `node scripts/write-metrics-page.mjs` writes it anew', async () => {
    const page = readFileSync(new URL('../../../docs/metrics.md', import.meta.url), 'utf8');
    expect(page).toBe(await describeMetrics());
  });
});
