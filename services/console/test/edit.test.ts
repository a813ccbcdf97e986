import { describe, expect, it } from '@jest/globals';
import { makeId } from '../src/parts/json-text';
import { draftOf, editOf, hasLongNumber } from '../src/screens/event/edit';

const event = { id: 'a', source: '/shop', type: 'com.shop.order.created', subject: 'o/1', data: { total: 1.5 } };
const draft = draftOf(event);

describe('editOf', () => {
  it('says only what is otherwise', () => {
    expect(editOf(event, draft, 'b')).toBe('{"id":"b"}');
    expect(editOf(event, { ...draft, type: 'com.other', subject: '' }, 'b')).toBe(
      '{"id":"b","type":"com.other","subject":null}',
    );
  });

  it('sends data as they were typed, and nothing that is no JSON', () => {
    expect(editOf(event, { ...draft, data: '{"total": 1.50}' }, 'b')).toBe('{"id":"b","data":{"total": 1.50}}');
    expect(editOf(event, { ...draft, data: '{"total": ' }, 'b')).toBeUndefined();
    expect(editOf(event, { ...draft, data: '' }, 'b')).toBeUndefined();
  });
});

describe('hasLongNumber', () => {
  it('finds what would have become another number, wherever it stands', () => {
    expect(hasLongNumber({ a: [{ b: JSON.parse('12345678901234567890') }] })).toBe(true);
    expect(hasLongNumber({ a: [1, 1.5, 'x', null, true, Number.MAX_SAFE_INTEGER] })).toBe(false);
  });
});

describe('makeId', () => {
  it('makes another one each time', () => {
    expect(new Set(Array.from({ length: 100 }, makeId)).size).toBe(100);
  });
});
