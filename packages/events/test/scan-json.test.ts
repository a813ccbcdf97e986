import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { EventError } from '../src/errors.js';
import { scanJson } from '../src/scan-json.js';

const limits = { maxDepth: 32, maxValues: 10_000 };
const scan = (text: string | Buffer) => scanJson(Buffer.from(text), limits);
const codeOf = (text: string | Buffer) => {
  try {
    scan(text);
    return 'accepted';
  } catch (error) {
    return error instanceof EventError ? error.code : 'UNEXPECTED';
  }
};

describe('scanJson', () => {
  it('returns where the outermost members of an object are, without the whitespace around them', () => {
    const text = '{ "a" : [1, {"b":2}] ,"\\u0063":"x,}\\"]" }';
    const members = scan(text);
    expect(members.map(({ name, start, end }) => [name, text.slice(start, end)])).toEqual([
      ['a', '[1, {"b":2}]'],
      ['c', '"x,}\\"]"'],
    ]);
  });

  it('returns where the elements of an array are', () => {
    const text = ' [ 1 ,"é", {} ]\n';
    const bytes = Buffer.from(text);
    expect(scan(text).map(({ name, start, end }) => [name, bytes.toString('utf8', start, end)])).toEqual([
      [undefined, '1'],
      [undefined, '"é"'],
      [undefined, '{}'],
    ]);
  });

  it('finds no members in an empty object, an empty array or a lone value', () => {
    for (const text of ['{}', ' [ ] ', '7', '"{}"', 'null']) expect(scan(text)).toEqual([]);
  });

  it('accepts 32 levels and refuses 33, and a bomb of 100,000', () => {
    const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
    expect(codeOf(nested(32))).toBe('accepted');
    expect(codeOf(nested(33))).toBe('EVENT_TOO_DEEP');
    expect(codeOf('['.repeat(100_000))).toBe('EVENT_TOO_DEEP');
  });

  it('accepts 9,999 elements and refuses a flood of keys or elements', () => {
    expect(codeOf(JSON.stringify(Array.from({ length: 9_999 }, () => 1)))).toBe('accepted');
    expect(codeOf(JSON.stringify(Array.from({ length: 10_001 }, () => 1)))).toBe('EVENT_TOO_DEEP');
    const keys = Array.from({ length: 60_000 }, (_, index) => `"k${index}":0`).join(',');
    expect(codeOf(`{${keys}}`)).toBe('EVENT_TOO_DEEP');
  });

  it.each([
    ['bytes that are not UTF-8', Buffer.from([0x22, 0xc0, 0xa0, 0x22])],
    ['a name that stands twice', '{"id":"a","id":"b"}'],
    ['a name that stands twice, once escaped', '{"id":"a","i\\u0064":"b"}'],
    ['__proto__', '{"__proto__":{}}'],
    ['__proto__, escaped and deep inside', '{"a":[{"\\u005f_proto__":{"polluted":1}}]}'],
    ['constructor with an object behind it', '{"a":{"constructor" : {"prototype":{}}}}'],
    ['a string without an end', '{"a":"b'],
    ['a text that ends too early', '[1,[2]'],
    ['a second text after the first', '{} {}'],
    ['a missing element', '[1,,2]'],
    ['a comma at the end', '[1,]'],
  ])('refuses %s', (_what, text) => {
    expect(codeOf(text)).toBe('EVENT_MALFORMED');
  });

  it('lets constructor stand for a plain value, and names deep inside repeat', () => {
    expect(codeOf('{"constructor":"Ferrari","data":{"a":1,"a":2}}')).toBe('accepted');
  });

  it('accepts every JSON text within the limits, and its ranges are the members that JSON.parse finds', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 5 })), fc.nat(3), (value, indent) => {
        const safe = Object.fromEntries(Object.entries(value).filter(([name]) => !UNSAFE.has(name)));
        const bytes = Buffer.from(JSON.stringify(safe, null, indent));
        const found = scanJson(bytes, { ...limits, guardNames: false }).map(({ name, start, end }) => [
          name,
          JSON.parse(bytes.toString('utf8', start, end)),
        ]);
        expect(Object.fromEntries(found)).toEqual(JSON.parse(bytes.toString()));
      }),
    );
  });

  it('refuses or passes on, but never chokes on, any bytes at all', () => {
    const soup = fc.array(fc.constantFrom('{', '}', '[', ']', '"', ',', ':', '\\', 'a', '1', ' ', 'é'), {
      maxLength: 40,
    });
    fc.assert(fc.property(soup, (parts) => expect(codeOf(parts.join(''))).not.toBe('UNEXPECTED')));
  });
});

const UNSAFE = new Set(['__proto__']);
