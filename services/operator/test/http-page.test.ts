import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { describeApi } from '@millrace/runtime';
import { openApiDocument } from '../src/openapi/document.js';

describe('docs/http.md', () => {
  it('has what the operator answers: `node scripts/write-reference-pages.mjs` writes it anew', () => {
    const page = readFileSync(new URL('../../../docs/http.md', import.meta.url), 'utf8');
    expect(page).toContain(describeApi(openApiDocument));
  });
});
