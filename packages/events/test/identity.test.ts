import { describe, expect, it } from '@jest/globals';
import { contentHashOf, identityOf, parseStructured } from '@millrace/events';

const event = (more: object) =>
  parseStructured(Buffer.from(JSON.stringify({ specversion: '1.0', id: '1', source: '/s', type: 't', ...more })));

describe('identityOf', () => {
  it('is the same for the same source and id, and no other', () => {
    expect(identityOf({ source: '/s', id: '1' })).toBe(identityOf(event({ type: 'other' })));
    expect(identityOf({ source: '/s', id: '1' })).not.toBe(identityOf({ source: '/', id: 's1' }));
    expect(identityOf({ source: '/s', id: '1' })).toMatch(/^[\w-]{22}$/);
  });
});

describe('contentHashOf', () => {
  it('changes with data and with attributes, and with nothing else', () => {
    const hash = contentHashOf(event({ data: 1 }));
    expect(contentHashOf(event({ data: 1 }))).toBe(hash);
    expect(contentHashOf(event({ data: 2 }))).not.toBe(hash);
    expect(contentHashOf(event({ data: 1, subject: 'x' }))).not.toBe(hash);
    expect(contentHashOf(event({ data: 1, traceparent: 'a', tracestate: 'b' }))).toBe(hash);
    expect(contentHashOf(event({ data: 1, time: '2026-01-01T00:00:00Z' }), new Set(['time']))).toBe(hash);
  });

  it('is the same in every release, as is the identity: both are kept in Redis', () => {
    expect(identityOf(event({}))).toBe('Jw55ywWMfoFvJo7sJaIaJm');
    expect(contentHashOf(event({}))).toBe('id0HzVjdp8482jcLGG5opg');
    expect(contentHashOf(event({ subject: 'ü', data: { a: 'ü' } }))).toBe('tkFSLIHioxymokWcVBZrO7');
    expect(contentHashOf(event({ data_base64: 'AAEC' }))).toBe('FJpjc1rButdzpIsVk2KY3j');
  });
});
