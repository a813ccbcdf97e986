import { describe, expect, it } from '@jest/globals';
import { encodeHeaderValue, mirrorArguments } from '../../src/sessions/mirrored-arguments.js';

const inputSchema = {
  type: 'object',
  properties: {
    region: { type: 'string', 'x-mcp-header': 'Region' },
    order: { type: 'object', properties: { number: { type: 'integer', 'x-mcp-header': 'Order-Number' } } },
    isTest: { type: 'boolean', 'x-mcp-header': 'Test' },
    note: { type: 'string' },
  },
};

function mirror(args: Record<string, unknown>) {
  const call = { server: 's', tool: 'route', arguments: args, idempotencyKey: 'k', timeoutMs: 1_000 };
  return mirrorArguments(
    [
      { name: 'other', inputSchema: {} },
      { name: 'route', inputSchema },
    ],
    call,
  );
}

describe('mirrorArguments', () => {
  it('repeats what the schema marks, at any depth, and nothing else', () => {
    expect(mirror({ region: 'eu', order: { number: 7 }, isTest: false, note: 'x' })).toEqual({
      'mcp-param-region': 'eu',
      'mcp-param-order-number': '7',
      'mcp-param-test': 'false',
    });
  });

  it.each([
    ['left out', undefined],
    ['null', null],
    ['an object', { a: 1 }],
    ['a number that is not exact', 2 ** 60],
  ])('leaves out an argument that is %s', (_what, region) => {
    expect(mirror({ region })).toEqual({});
  });

  it('does not take what every object has for an argument', () => {
    const marked = { type: 'object', properties: { constructor: { type: 'string', 'x-mcp-header': 'C' } } };
    const call = { server: 's', tool: 't', arguments: {}, idempotencyKey: 'k', timeoutMs: 1_000 };
    expect(mirrorArguments([{ name: 't', inputSchema: marked }], call)).toEqual({});
  });

  it('repeats nothing for a tool that nobody has listed', () => {
    const call = { server: 's', tool: 'new', arguments: { region: 'eu' }, idempotencyKey: 'k', timeoutMs: 1_000 };
    expect([mirrorArguments(undefined, call), mirrorArguments([], call)]).toEqual([{}, {}]);
  });
});

describe('encodeHeaderValue', () => {
  it.each(['eu-west', 'a b', '=?', 'x'])('leaves %j as it is', (text) => {
    expect(encodeHeaderValue(text)).toBe(text);
  });

  it.each(['', ' x', 'x ', '\tx', 'line\nbreak', 'Grüße', '\u0000', '=?base64?eA==?='])('encodes %j', (text) => {
    const [, encoded = ''] = /^=\?base64\?([A-Za-z0-9+/=]*)\?=$/.exec(encodeHeaderValue(text)) ?? [];
    expect(encodeHeaderValue(text)).toBe(`=?base64?${encoded}?=`);
    expect(Buffer.from(encoded, 'base64').toString('utf8')).toBe(text);
  });
});
