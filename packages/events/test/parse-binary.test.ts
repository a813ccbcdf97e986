import { describe, expect, it } from '@jest/globals';
import { EventError, isBinary, parseBinary } from '@millrace/events';

const minimal = { 'ce-specversion': '1.0', 'ce-id': '1', 'ce-source': '/s', 'ce-type': 't' };
const parse = (headers: Record<string, string>, body = '') =>
  parseBinary(Object.entries(headers).flat(), Buffer.from(body));
const refusalOf = (headers: Record<string, string>, body = ''): EventError => {
  try {
    parse(headers, body);
  } catch (error) {
    if (error instanceof EventError) return error;
    throw error;
  }
  throw new Error('the event was accepted');
};

describe('isBinary', () => {
  it('goes by the ce- headers', () => {
    expect(isBinary({ host: 'x', 'ce-id': '1' })).toBe(true);
    expect(isBinary({ host: 'x', 'content-type': 'application/json' })).toBe(false);
  });
});

describe('parseBinary', () => {
  it('reads attributes from headers of any case, all as strings, and the content type', () => {
    const event = parse(
      { ...minimal, 'CE-Attempt': '3', 'Content-Type': 'Text/Plain; charset=utf-8', Host: 'x' },
      'hi',
    );
    expect(event.attributes).toEqual({
      specversion: '1.0',
      id: '1',
      source: '/s',
      type: 't',
      attempt: '3',
      datacontenttype: 'Text/Plain; charset=utf-8',
    });
    expect(event.data).toEqual({ kind: 'bytes', bytes: Buffer.from('hi') });
  });

  it.each([
    ['Euro%20%E2%82%AC%20%F0%9F%98%80', 'Euro € 😀'],
    ['%22quoted%22', '"quoted"'],
    ['"old \\"style\\""', 'old "style"'],
    ['%41%2541', 'A%41'],
    ['100%', '100%'],
  ])('decodes the header value %s', (value, text) => {
    expect(parse({ ...minimal, 'ce-subject': value }).attributes.subject).toBe(text);
  });

  it.each(['%C0%A0', 'é', '%0A'])('refuses the header value %s', (value) => {
    expect(refusalOf({ ...minimal, 'ce-subject': value }).problems).toMatchObject([{ header: 'ce-subject' }]);
  });

  it('keeps JSON data byte for byte, once it is sure that they are JSON', () => {
    for (const type of ['application/json', 'application/problem+json; charset=utf-8', 'text/json']) {
      const event = parse({ ...minimal, 'content-type': type }, ' {"n": 1.0}\n');
      expect(event.data).toEqual({ kind: 'json', bytes: Buffer.from(' {"n": 1.0}\n') });
    }
    expect(refusalOf({ ...minimal, 'content-type': 'application/json' }, '{').code).toBe('EVENT_MALFORMED');
  });

  it('takes an empty body for no data', () => {
    expect(parse({ ...minimal, 'content-type': 'application/json' }).data).toBeUndefined();
  });

  it('names every problem at once, each with its header', () => {
    const { problems } = refusalOf({
      'ce-specversion': '1.0',
      'ce-id': '1',
      'CE-ID': '2',
      'ce-my_ext': 'x',
      'ce-data': 'x',
      'ce-datacontenttype': 'text/plain',
      'content-type': 'plain',
    });
    expect(new Set(problems.map(({ header }) => header))).toEqual(
      new Set(['ce-data', 'ce-datacontenttype', 'ce-id', 'ce-my_ext', 'ce-source', 'ce-type', 'content-type']),
    );
  });
});
