import { describe, expect, it } from '@jest/globals';
import { EventError, parseStructured } from '@millrace/events';
import fc from 'fast-check';

const minimal = { specversion: '1.0', id: '1', source: '/s', type: 't' };
const parse = (value: unknown) =>
  parseStructured(Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)));
const refusalOf = (value: unknown): EventError => {
  try {
    parse(value);
  } catch (error) {
    if (error instanceof EventError) return error;
    throw error;
  }
  throw new Error('the event was accepted');
};

describe('parseStructured', () => {
  it('keeps the data byte for byte, as they stand in the body', () => {
    const body = '{"specversion":"1.0","id":"1","data" : {"n":1.0,"n":1e2,  "u":"\\u00e9"} ,"source":"/s","type":"t"}';
    const event = parse(body);
    expect(event.data?.kind).toBe('json');
    expect(event.data?.bytes.toString()).toBe('{"n":1.0,"n":1e2,  "u":"\\u00e9"}');
    expect(event.attributes).toEqual({ specversion: '1.0', id: '1', source: '/s', type: 't' });
  });

  it('keeps any JSON value byte for byte', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), fc.nat(2), (data, indent) => {
        const text = JSON.stringify(data, null, indent);
        fc.pre(!/"(__proto__|constructor)"/.test(text));
        const event = parse(`{"data":${text},"specversion":"1.0","id":"1","source":"/s","type":"t"}`);
        expect(event.data?.bytes.toString()).toBe(text);
      }),
    );
  });

  it('decodes data_base64 to bytes', () => {
    expect(parse({ ...minimal, data_base64: 'AP8=' }).data).toEqual({ kind: 'bytes', bytes: Buffer.from([0, 255]) });
  });

  it('lets extensions travel untouched, with their types, and leaves out nulls', () => {
    const event = parse({ ...minimal, traceparent: 'not one', retries: 3, urgent: true, nothing: null });
    expect(event.attributes).toEqual({ ...minimal, traceparent: 'not one', retries: 3, urgent: true });
    expect(event.data).toBeUndefined();
  });

  it('names every problem at once, each with its pointer', () => {
    const { code, problems } = refusalOf({ specversion: '0.3', id: '', type: 't', time: 'noon', Bad: 1, half: 0.5 });
    expect(code).toBe('EVENT_INVALID');
    expect(new Set(problems.map(({ pointer }) => pointer))).toEqual(
      new Set(['/Bad', '/half', '/id', '/source', '/specversion', '/time']),
    );
  });

  it.each([
    ['source', 'a b'],
    ['source', ''],
    ['dataschema', 'relative/only'],
    ['subject', ''],
    ['time', '2026-02-30T00:00:00Z'],
    ['time', '2026-01-01T00:00:00'],
    ['expirytime', 'tomorrow'],
    ['deliverat', 1_700_000_000],
    ['partitionkey', 'x'.repeat(257)],
    ['datacontenttype', 'json'],
    ['ext', 'line\nbreak'],
    ['ext', '\ud800'],
    ['ext', '\uffff'],
    ['ext', 2_147_483_648],
    ['ext', { deep: 1 }],
    ['a_b', 'x'],
    ['a~/b', 'x'],
  ])('refuses the attribute %s with the value %j', (name, value) => {
    const { problems } = refusalOf({ ...minimal, [name]: value });
    expect(problems.map(({ pointer }) => pointer)).toEqual([`/${name.replace('~/', '~0~1')}`]);
  });

  it('refuses data beside data_base64, and data_base64 that is not base64', () => {
    expect(refusalOf({ ...minimal, data: 1, data_base64: 'AA==' }).problems).toHaveLength(1);
    expect(refusalOf({ ...minimal, data_base64: 'no' }).problems).toHaveLength(1);
    expect(refusalOf({ ...minimal, data_base64: 5 }).problems).toHaveLength(1);
  });

  it('refuses attributes that are larger than 16 KiB together', () => {
    expect(parse({ ...minimal, ext: 'x'.repeat(16_000) }).id).toBe('1');
    expect(refusalOf({ ...minimal, ext: 'x'.repeat(16_384) }).code).toBe('EVENT_INVALID');
  });

  it('accepts data 32 deep and refuses 33', () => {
    const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
    const body = (levels: number) => `${JSON.stringify(minimal).slice(0, -1)},"data":${nested(levels)}}`;
    expect(parse(body(32)).data?.bytes).toHaveLength(64);
    expect(refusalOf(body(33)).code).toBe('EVENT_TOO_DEEP');
  });

  it.each(['', 'nonsense', '[]', 'null', '{"id":"a","id":"b"}', '{"a":1]', '\ufeff{}'])(
    'calls %j malformed',
    (body) => {
      expect(refusalOf(body).code).toBe('EVENT_MALFORMED');
    },
  );

  it('leaves the prototype of every object alone', () => {
    refusalOf('{"__proto__":{"polluted":true}}');
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });
});
