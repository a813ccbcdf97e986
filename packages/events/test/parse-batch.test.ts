import { describe, expect, it } from '@jest/globals';
import { EventError, parseBatch, readStructured } from '@millrace/events';

const event = (id: string, more = {}) => JSON.stringify({ specversion: '1.0', id, source: '/s', type: 't', ...more });
const parse = (text: string, maxEventBytes?: number) => parseBatch(Buffer.from(text), maxEventBytes);
const codesOf = (results: ReturnType<typeof parseBatch>) =>
  results.map((result) => (result instanceof EventError ? result.code : result.event.id));

describe('parseBatch', () => {
  it('returns the events in order, data byte for byte', () => {
    const results = parse(` [ ${event('a').slice(0, -1)},"data": 1.50 } , ${event('b')} ] `);
    expect(codesOf(results)).toEqual(['a', 'b']);
    expect(results[0]).toMatchObject({ event: { data: { kind: 'json', bytes: Buffer.from('1.50') } }, value: 1.5 });
  });

  it('refuses an element by itself, with pointers from the root of the batch', () => {
    const deep = `${event('deep').slice(0, -1)},"data":${'['.repeat(40)}${']'.repeat(40)}}`;
    const results = parse(`[${event('a')},${event('')},${deep},${event('b', { data: 'x'.repeat(300) })}]`, 256);
    expect(codesOf(results)).toEqual(['a', 'EVENT_INVALID', 'EVENT_TOO_DEEP', 'EVENT_TOO_LARGE']);
    expect(results.slice(1).map((result) => result instanceof EventError && result.problems[0]?.pointer)).toEqual([
      '/1/id',
      '/2',
      '/3',
    ]);
  });

  it('accepts an empty batch', () => {
    for (const text of ['[]', ' [ ] ']) expect(parse(text)).toEqual([]);
  });

  it('reads each element as it is read alone, be there characters of several bytes or not', () => {
    const texts = [event('a', { data: { n: [1, 'x'] } }), event('é', { data: 'ü€' }), event('c', { subject: null })];
    for (const some of [texts.slice(0, 1), texts]) {
      const alone = some.map((text) => readStructured(Buffer.from(text)));
      expect(parse(`[${some.join(' , ')}]`)).toEqual(alone);
    }
  });

  it('goes on behind an element that is too deep or too large, whatever is in it', () => {
    const deep = `{"data":${'{"a":['.repeat(50)}"]}"${']}'.repeat(50)}}`;
    const large = `{"__proto__":{},"data":"${'x'.repeat(6_000)}"}`;
    const results = parse(`[${deep},${large},${event('a')}]`, 5_000);
    expect(codesOf(results)).toEqual(['EVENT_TOO_DEEP', 'EVENT_TOO_LARGE', 'a']);
  });

  it.each([
    '{}',
    '',
    '5',
    `[${event('a')}`,
    `[${event('a')},]`,
    `[${event('a')} ${event('b')}]`,
    `[${event('a')}}`,
    `["x":${event('a')}]`,
    `[${event('a')}] x`,
    `[,${event('a')}]`,
    `\u0001[${event('a')}`,
    '[[]]',
    '[1]',
    `[${event('a')},{"id":}]`,
  ])('refuses %s as a whole', (text) => {
    expect(() => parse(text)).toThrow(expect.objectContaining({ code: 'EVENT_MALFORMED' }));
  });

  it('refuses more than 1,000 events as a whole', () => {
    const batch = (size: number) => `[${Array.from({ length: size }, (_, n) => event(`${n}`)).join(',')}]`;
    expect(parse(batch(1_000))).toHaveLength(1_000);
    expect(() => parse(batch(1_001))).toThrow(expect.objectContaining({ code: 'EVENT_TOO_LARGE' }));
  });
});
