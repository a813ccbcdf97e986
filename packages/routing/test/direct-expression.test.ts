import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { EngineError } from '../src/engine/engine-error.js';
import { compileJsonata } from '../src/engine/jsonata.js';

/** Names that expressions and inputs share, so that paths often lead somewhere; some have a meaning of their own. */
const NAMES = ['id', 'data', 'a', 'b', 'constructor', 'toString', 'length', 'sequence', 'a b'];
const TRAPS = ['_jsonata_lambda', '_jsonata_function', '__proto__', 'tupleStream'];

const name = fc.constantFrom(...NAMES);
const path = fc
  .array(name, { minLength: 1, maxLength: 4 })
  .map((names) => names.map((one) => (one.includes(' ') ? `\`${one}\`` : one)).join('.'));
const { tree: expression } = fc.letrec<{ tree: string }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small' },
    path,
    fc
      .oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null), fc.constant(-0.5))
      .map((one) => JSON.stringify(one)),
    fc
      .uniqueArray(fc.tuple(name, tie('tree')), { selector: ([key]) => key, maxLength: 4 })
      .map((pairs) => `{ ${pairs.map(([key, value]) => `${JSON.stringify(key)}: ${value}`).join(', ')} }`),
  ),
}));
const { value: json } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.oneof(fc.string(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean(), fc.constant(null)),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.oneof({ weight: 9, arbitrary: name }, fc.constantFrom(...TRAPS)), tie('value'), { maxKeys: 5 }),
  ),
}));
/** As an event's data are made. */
const input = fc.dictionary(name, json, { maxKeys: 6 }).map((value) => JSON.parse(JSON.stringify(value)) as unknown);

type End = { readonly value: unknown } | 'failed';

async function endOf(evaluate: () => unknown): Promise<End> {
  try {
    return { value: await evaluate() };
  } catch (error) {
    if (error instanceof EngineError) return 'failed';
    throw error;
  }
}

describe('a direct expression', () => {
  it('gives what JSONata gives, whatever the event', async () => {
    let told = 0;
    await fc.assert(
      fc.asyncProperty(expression, input, async (text, value) => {
        const compiled = compileJsonata(text, 5_000);
        const direct = await endOf(() => compiled.direct?.(value));
        if (direct !== 'failed' && direct.value === undefined) return;
        told += 1;
        const given = direct === 'failed' ? direct : (direct.value as End);
        const byJsonata = await endOf(async () => {
          const text = await compiled.evaluate(value);
          return text === undefined ? undefined : JSON.parse(text);
        });
        expect(JSON.stringify(given)).toBe(JSON.stringify(byJsonata));
      }),
      { numRuns: 2_000 },
    );
    expect(told).toBeGreaterThan(500);
  });

  it('is what routes usually write', () => {
    const texts = ['{ "eventId": id, "order": { "total": data.total } }', 'result', '{}', '{ "n": -1, "x": null }'];
    for (const text of texts) expect(compileJsonata(text, 1_000).direct).toBeDefined();
  });

  it('is not one whose value only JSONata can tell', () => {
    const texts = [
      '{ "a": $sum(data.x) }',
      'a[0]',
      'a.b[]',
      '{ "a": 1, "a": 2 }',
      '{ id: 1 }',
      '$',
      'a.*',
      '{ "a": b ~> $f }',
    ];
    for (const text of texts) expect(compileJsonata(text, 1_000).direct).toBeUndefined();
    const { direct } = compileJsonata('{ "skus": items.sku }', 1_000);
    expect(direct?.({ items: [{ sku: 'a' }] })).toBeUndefined();
    expect(direct?.([{ items: 1 }])).toBeUndefined();
  });

  it('gives nothing of the event itself, so that nobody can change it', () => {
    const event = { data: { order: { id: 1, lines: [1] } } };
    const given = compileJsonata('{ "order": data.order }', 1_000).direct?.(event)?.value;
    expect(given).toEqual({ order: { id: 1, lines: [1] } });
    const { order } = given as { order: { lines: number[] } };
    expect(order).not.toBe(event.data.order);
    expect(order.lines).not.toBe(event.data.order.lines);
  });

  it('is refused a value that is too large', () => {
    const { direct } = compileJsonata('{ "a": data, "b": data, "c": data }', 1_000);
    expect(() => direct?.({ data: { text: 'x'.repeat(400_000) } })).toThrow('1048576 bytes, which is the limit');
  });
});
