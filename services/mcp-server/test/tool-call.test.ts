import { describe, expect, it } from '@jest/globals';
import { honouredKey, KEY_IN_META, readToolCall } from '../src/tool-call.js';

const NAMES = new Set(['audit.write']);

function request(params: object): unknown {
  return { jsonrpc: '2.0', id: 1, method: 'tools/call', params };
}

describe('readToolCall', () => {
  it('reads tool, event id and key, the one in _meta first', () => {
    const args = { eventId: 'e-1', action: 'x', idempotencyKey: 'argument' };
    const call = readToolCall(
      request({ name: 'audit.write', arguments: args, _meta: { [KEY_IN_META]: 'meta' } }),
      NAMES,
    );
    expect(call).toEqual({
      facts: { tool: 'audit.write', eventId: 'e-1', key: 'meta', argsDigest: expect.any(String) },
      metaKey: 'meta',
      argumentKey: 'argument',
    });
  });

  it('calls a tool it does not know `unknown`', () => {
    expect(readToolCall(request({ name: 'rm.rf' }), NAMES)?.facts.tool).toBe('unknown');
  });

  it('shortens a long key to a digest, a different one for each', () => {
    const keyOf = (key: string) =>
      readToolCall(request({ name: 'audit.write', _meta: { [KEY_IN_META]: key } }), NAMES)?.metaKey;
    expect(keyOf('x'.repeat(10_000))).toMatch(/^digest:.{22}$/);
    expect(keyOf('x'.repeat(10_000))).not.toBe(keyOf('y'.repeat(10_000)));
  });

  it.each([undefined, null, 'text', [], {}, { method: 'tools/list' }, { method: 'tools/call' }])(
    'is nothing for a message that is no tool call: %j',
    (message) => {
      expect(readToolCall(message, NAMES)).toBeUndefined();
    },
  );
});

describe('honouredKey', () => {
  it('ignores every key of a tool that takes none', () => {
    expect(honouredKey({ key: 'none' }, { metaKey: 'a', argumentKey: 'b' })).toEqual({ kind: 'none' });
  });

  it('takes the argument only where the tool says so', () => {
    const given = { metaKey: undefined, argumentKey: 'k' };
    expect(honouredKey({ key: 'meta' }, given)).toEqual({ kind: 'none' });
    expect(honouredKey({ key: 'meta-or-argument' }, given)).toEqual({ kind: 'key', key: 'k' });
  });

  it('calls two keys that differ a contradiction', () => {
    expect(honouredKey({ key: 'meta-or-argument' }, { metaKey: 'a', argumentKey: 'b' }).kind).toBe('contradiction');
    expect(honouredKey({ key: 'meta-or-argument' }, { metaKey: 'a', argumentKey: 'a' }).kind).toBe('key');
  });
});
