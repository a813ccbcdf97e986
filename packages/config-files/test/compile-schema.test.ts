import { describe, expect, it } from '@jest/globals';
import { compileSchema } from '../src/compile-schema.js';

const order = { type: 'object', required: ['id'], properties: { id: { type: 'string' } } };

describe('compileSchema', () => {
  it('checks data', () => {
    const compiled = compileSchema(order, 'own');
    if ('problem' in compiled) throw new Error(compiled.problem);
    expect(compiled.check({ id: 'o-1' })).toEqual({ count: 0, first: [] });
    expect(compiled.check({ id: 1 })).toMatchObject({ count: 1, first: [{ pointer: '/id' }] });
  });

  it('refuses a keyword that nobody knows in a schema of our own, and lets it pass in a foreign one', () => {
    const schema = { ...order, 'x-header': 'y' };
    expect(compileSchema(schema, 'own')).toEqual({ problem: expect.stringContaining('x-header') });
    expect(compileSchema(schema, 'foreign')).toHaveProperty('check');
  });

  it('remembers what it has compiled, for each origin', () => {
    const compiled = compileSchema(order, 'own');
    expect(compileSchema(structuredClone(order), 'own')).toBe(compiled);
    expect(compileSchema(order, 'foreign')).not.toBe(compiled);
  });

  it.each([
    ['a text', 'object'],
    ['null', null],
    ['an asynchronous schema', { $async: true }],
    ['a reference to what is not there', { $ref: 'https://example.com/else' }],
  ])('refuses %s', (_what, schema) => {
    expect(compileSchema(schema, 'foreign')).toHaveProperty('problem');
  });
});
