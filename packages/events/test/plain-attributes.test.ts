import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { hasValidAttributes } from '../src/attributes.js';
import { isPlainlyValid } from '../src/plain-attributes.js';

const usual = {
  specversion: '1.0',
  id: '4711',
  source: '/shop/orders',
  type: 'com.shop.order.created',
  subject: 'order 4711',
  time: '2026-01-28T23:59:59.123Z',
  datacontenttype: 'application/json',
  partitionkey: 'customer-1',
};

const NAMES = [...Object.keys(usual), 'traceparent', 'dataschema', 'expirytime', 'other', 'Bad', 'data', ''];
const digits = (max: number) => fc.nat(max).map((n) => String(n).padStart(2, '0'));
const time = fc
  .tuple(fc.constantFrom('2026', '0000', '9999', '26'), digits(13), digits(32), digits(25), digits(61), digits(61))
  .map(([year, month, day, hour, minute, second]) => `${year}-${month}-${day}T${hour}:${minute}:${second}`);
const pieces = fc.array(
  fc.constantFrom(
    '/',
    '//',
    'a',
    'http:',
    'https://',
    'shop',
    '.',
    '..',
    '~',
    '%',
    '%zz',
    '%20',
    ' ',
    '?',
    '#',
    '[',
    ':8080',
    '@',
    'é',
    '\\',
  ),
  { maxLength: 6 },
);
const value = fc.oneof(
  fc.constantFrom<unknown>('', '1.0', 'application/json', 'x'.repeat(257), '\u0000', '\u007f', 7, true, null, {}),
  fc.string({ unit: 'binary', maxLength: 8 }),
  pieces.map((some) => some.join('')),
  time.map((text) => `${text}Z`),
  time.map((text) => `${text}.5Z`),
  time.map((text) => `${text}+01:00`),
);

describe('isPlainlyValid', () => {
  it('says yes to what nearly every event has', () => {
    expect(isPlainlyValid(usual)).toBe(true);
    expect(isPlainlyValid({ specversion: '1.0', id: '1', source: 'https://shop.example/orders', type: 't' })).toBe(
      true,
    );
  });

  it('says yes to every day of a year, and to no other', () => {
    const year = Array.from({ length: 14 * 40 }, (_, n) => [Math.floor(n / 40), n % 40]);
    const days = year.map((day) => `2026-${day.map((part) => String(part).padStart(2, '0')).join('-')}`);
    const said = days.filter((day) => isPlainlyValid({ ...usual, time: `${day}T12:00:00Z` }));
    const valid = days.filter((day) => hasValidAttributes({ ...usual, time: `${day}T12:00:00Z` }));
    expect(said).toEqual(valid);
    expect(said).toHaveLength(365);
  });

  it('says yes to nothing that the schema refuses', () => {
    let agreed = 0;
    const property = fc.property(fc.dictionary(fc.constantFrom(...NAMES), value, { maxKeys: 3 }), (odd) => {
      for (const attributes of [{ ...usual, ...odd }, odd]) {
        if (!isPlainlyValid(attributes)) continue;
        agreed += 1;
        expect(hasValidAttributes(attributes)).toBe(true);
      }
    });
    fc.assert(property, { numRuns: 3_000 });
    expect(agreed).toBeGreaterThan(100);
  });

  it.each(['specversion', 'id', 'source', 'type'])('never says yes without %s', (name) => {
    const { [name]: _left, ...attributes } = usual as Record<string, string>;
    expect(isPlainlyValid(attributes)).toBe(false);
  });
});
