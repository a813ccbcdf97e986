import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { loadEventSchemas, SchemaError } from '@millrace/config-files';

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'millrace-schemas-'));
});

afterEach(() => rm(dir, { recursive: true }));

async function load(files: Record<string, unknown>) {
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(dir, name), typeof content === 'string' ? content : JSON.stringify(content, null, '\t'));
  }
  return loadEventSchemas(dir);
}

async function problemsOf(files: Record<string, unknown>) {
  const error = await load(files).catch((thrown: unknown) => thrown);
  if (error instanceof SchemaError) return error.problems;
  throw new Error(`the files were taken, or refused otherwise: ${String(error)}`);
}

async function check(schema: unknown, data: unknown) {
  const schemas = await load({ 't.json': schema });
  return schemas.get('t')?.check(data);
}

const nothing = { count: 0, first: [] };

describe('loadEventSchemas', () => {
  it('has a schema for each file, by the event type that the file is named after', async () => {
    const schemas = await load({
      'com.shop.order.created.json': { type: 'object' },
      'com.shop%2Forder.json': true,
      '_shared.json': {},
      'README.md': 'about this folder',
    });
    expect([...schemas.keys()]).toEqual(['com.shop/order', 'com.shop.order.created']);
    expect(schemas.get('com.shop.order.created')).toMatchObject({
      file: join(dir, 'com.shop.order.created.json'),
      schema: { type: 'object' },
    });
  });

  it('has none where there is no folder', async () => {
    expect((await loadEventSchemas(join(dir, 'missing'))).size).toBe(0);
  });

  it('has the schemas of the demonstration, which take its events', async () => {
    const schemas = await loadEventSchemas(join(import.meta.dirname, '../../../config/schemas'));
    const order = { orderId: '1001', sku: 'mug', quantity: 1, total: 199.5 };
    expect(schemas.get('com.shop.order.created')?.check(order)).toEqual(nothing);
    expect(schemas.get('com.shop.order.created')?.check({ ...order, total: '199.5' })).toMatchObject({ count: 1 });
    expect([...schemas.keys()]).toHaveLength(6);
  });

  it('lets one file refer to another by its name, and to itself', async () => {
    const schemas = await load({
      '_money.json': {
        type: 'object',
        required: ['amount'],
        properties: { amount: { $ref: '#/$defs/n' } },
        $defs: { n: { type: 'number' } },
      },
      't.json': { properties: { price: { $ref: '_money.json' }, parent: { $ref: '#' } } },
    });
    expect(schemas.get('t')?.check({ parent: { price: { amount: 'x' } } }).first).toEqual([
      { pointer: '/parent/price/amount', detail: 'must be number' },
    ]);
  });

  it.each([
    ['no JSON', '{\n"type": "object",\n"x\n', 4, '', /./],
    ['YAML that is no JSON', 'type: object', 1, '', /is YAML, not JSON/],
    ['a name that stands twice', '{"type":"object",\n"type":"array"}', 2, '', /unique/],
    ['no schema', '[]', 1, '', /must be an object, true or false/],
    [
      'a keyword with a value it cannot have',
      { properties: { a: { type: 'text' } } },
      4,
      '/properties/a/type',
      /allowed values/,
    ],
    ['an unknown keyword', { requierd: ['a'] }, 1, '', /unknown keyword: "requierd"/],
    ['an unknown format', { format: 'e-mail' }, 1, '', /unknown format "e-mail"/],
    [
      'a remote reference, which is not fetched',
      { $ref: 'https://schemas.example/x.json' },
      1,
      '',
      /can't resolve reference https:\/\/schemas.example/,
    ],
    ['a reference to nothing', { $ref: '_missing.json' }, 1, '', /can't resolve reference _missing.json/],
    [
      'another version of JSON Schema',
      { type: 'object', $schema: 'http://json-schema.org/draft-07/schema#' },
      3,
      '/$schema',
      /2020-12/,
    ],
    ['a pattern that could backtrack', { pattern: '(?=a)b' }, 1, '', /invalid or unsupported Perl syntax/],
    ['an asynchronous schema, whose answer would count as a yes', { $async: true }, 2, '/$async', /not part of/],
  ])('refuses %s with file, line and reason', async (_what, content, line, pointer, detail) => {
    const [problem] = await problemsOf({ 'good.json': {}, 'bad.json': content });
    expect(problem).toEqual({ file: join(dir, 'bad.json'), line, pointer, detail: expect.stringMatching(detail) });
  });

  it('names the problems of all files at once', async () => {
    const problems = await problemsOf({ 'a.json': '{', 'b.json': { requierd: [] }, '%ff.json': {} });
    expect(problems.map(({ file }) => file)).toContain(join(dir, 'a.json'));
    await rm(join(dir, 'a.json'));
    const compiled = await problemsOf({});
    expect(compiled.map(({ file }) => file)).toEqual([join(dir, '%ff.json'), join(dir, 'b.json')]);
  });
});

describe('a check', () => {
  it('points at everything that is wrong', async () => {
    const schema = {
      type: 'object',
      required: ['a/b', 'n'],
      properties: {
        n: { type: 'integer', minimum: 1 },
        kind: { enum: ['x', 'y'] },
        v: { const: 2 },
        at: { format: 'date-time' },
      },
      additionalProperties: false,
    };
    expect(await check(schema, { n: 0.5, kind: 'z', v: 1, at: 'noon', more: 1 })).toEqual({
      count: 7,
      first: expect.arrayContaining([
        { pointer: '/a~1b', detail: 'is required' },
        { pointer: '/n', detail: 'must be integer' },
        { pointer: '/n', detail: 'must be >= 1' },
        { pointer: '/kind', detail: 'must be one of "x", "y"' },
        { pointer: '/v', detail: 'must be 2' },
        { pointer: '/at', detail: 'must match format "date-time"' },
        { pointer: '/more', detail: 'is not allowed' },
      ]),
    });
  });

  it('lists twenty problems at most, with pointers that are not longer than a line', async () => {
    const long = 'x'.repeat(100_000);
    const schema = { additionalProperties: { additionalProperties: { type: 'number' } } };
    const data = { a: Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`${n}${long.slice(0, 300)}`, 'no'])) };
    const violations = await check(schema, data);
    expect(violations?.count).toBe(500);
    expect(violations?.first).toHaveLength(20);
    expect(new Set(violations?.first.map(({ pointer }) => pointer))).toEqual(new Set(['/a']));
    expect(await check({ required: [long] }, {})).toMatchObject({ first: [{ pointer: '' }] });
  });

  it('does not take what an object inherits for its members', async () => {
    expect(await check({ required: ['toString', 'constructor'] }, {})).toMatchObject({ count: 2 });
  });

  it('finds the same item twice whatever the order of its members, and takes what differs', async () => {
    const schema = { uniqueItems: true };
    expect(
      await check(schema, [
        { a: 1, b: [2] },
        { b: [2], a: 1 },
      ]),
    ).toMatchObject({ count: 1 });
    expect(await check(schema, [{ a: 1 }, { a: '1' }, [1], 1, '1', null])).toEqual(nothing);
    expect(await check({ uniqueItems: false }, [1, 1])).toEqual(nothing);
  });

  it('is not held up by a pattern that would backtrack, nor by many items that have to differ', async () => {
    const items = Array.from({ length: 10_000 }, (_, n) => ({ n }));
    const startedAt = performance.now();
    expect(await check({ pattern: '^(a+)+$' }, `${'a'.repeat(100_000)}!`)).toMatchObject({ count: 1 });
    expect(await check({ uniqueItems: true }, items)).toEqual(nothing);
    process.stdout.write(
      `a hostile pattern and 10,000 unique items: ${(performance.now() - startedAt).toFixed(0)} ms\n`,
    );
  });
});
