import { describe, expect, it } from '@jest/globals';
import { contentHashOf, parsePlain } from '@millrace/events';

const defaults = { id: 'made-up', source: '/millrace/http', time: '2026-01-31T12:00:00Z' };
const parse = (value: unknown, other = {}) => parsePlain(Buffer.from(JSON.stringify(value)), { ...defaults, ...other });

describe('parsePlain', () => {
  it('fills in what is missing and says what that was', () => {
    const { event, filledIn } = parse({ type: 't', data: { a: 1 } });
    expect(event.attributes).toEqual({ type: 't', specversion: '1.0', ...defaults });
    expect([...filledIn].sort()).toEqual(['id', 'source', 'specversion', 'time']);
  });

  it('leaves what was sent, other attributes included', () => {
    const { event, filledIn } = parse({ type: 't', data: 1, id: 'mine', source: '/me', subject: 's' });
    expect(event).toMatchObject({ id: 'mine', source: '/me', attributes: { subject: 's' } });
    expect([...filledIn].sort()).toEqual(['specversion', 'time']);
  });

  it('gives a repeat with the same id the same content hash, though the time was filled in anew', () => {
    const first = parse({ type: 't', data: 1, id: 'mine' });
    const again = parse({ type: 't', data: 1, id: 'mine' }, { time: '2026-01-31T12:00:05Z' });
    expect(contentHashOf(again.event, again.filledIn)).toBe(contentHashOf(first.event, first.filledIn));
  });

  it('requires type and data, both named at once', () => {
    const problems = [
      { pointer: '/data', detail: 'is required' },
      { pointer: '/type', detail: 'is required' },
    ];
    expect(() => parse({})).toThrow(expect.objectContaining({ code: 'EVENT_INVALID', problems }));
  });
});
