import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { createEditorSchemas, parseRoutes } from '@millrace/routing';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'yaml';

const root = join(import.meta.dirname, '../../..');
const schemas = createEditorSchemas();
const engine = new Ajv2020({ allErrors: true, strict: false, logger: false });
const validators = Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, engine.compile(schema)]));

describe.each(Object.keys(schemas))('docs/schemas/%s', (name) => {
  it('is what the files are checked with: `node scripts/write-editor-schemas.mjs` writes it anew', () => {
    expect(JSON.parse(readFileSync(join(root, 'docs/schemas', name), 'utf8'))).toEqual(schemas[name]);
  });

  it('accepts the file that Millrace comes with, which names it', () => {
    const text = readFileSync(join(root, 'config', name.replace('.schema.json', '.yaml')), 'utf8');
    expect(text).toContain(`# yaml-language-server: $schema=../docs/schemas/${name}\n`);
    expect(validators[name]?.(parse(text))).toBe(true);
  });
});

describe('the schema for routes', () => {
  const route = { id: 'r', on: { type: 'a' }, call: { server: 's', tool: 't' }, with: '{}' };

  it.each([
    ['a route', {}, true],
    ['a filter in filters', { on: { any: [{ not: { all: [{ prefix: { type: 'a' } }] } }] } }, true],
    ['a handler', { call: undefined, with: undefined, handler: 'handlers/a.ts' }, true],
    ['the name of an argument for the key', { idempotency: { argument: 'key' } }, true],
    ['a misspelt key', { tiemout: '5s' }, false],
    ['a misspelt key of a filter', { on: { all: [{ typ: 'a' }] } }, false],
    ['an empty filter', { on: {} }, false],
    ['a call without arguments', { with: undefined }, false],
    ['a call and a handler', { handler: 'handlers/a.ts' }, false],
    ['a guarantee that there is not', { delivery: 'exactly-once' }, false],
  ])('agrees with the check of the file about %s', (_what, changes, isAccepted) => {
    const text = JSON.stringify({ routes: [{ ...route, ...changes }] });
    expect(validators['routes.schema.json']?.(JSON.parse(text))).toBe(isAccepted);
    const load = () => parseRoutes(text, 'routes.json', new Set(['s']));
    if (isAccepted) expect(load).not.toThrow();
    else expect(load).toThrow();
  });

  it('describes every key of a route', () => {
    const missing: string[] = [];
    const walk = (name: string, value: unknown): void => {
      if (typeof value !== 'object' || value === null) return;
      for (const [key, inner] of Object.entries(value)) {
        if (name.endsWith('properties') && (inner as { description?: string }).description === undefined)
          missing.push(key);
        walk(key, inner);
      }
    };
    walk('', schemas['routes.schema.json']);
    expect(missing).toEqual([]);
  });
});
