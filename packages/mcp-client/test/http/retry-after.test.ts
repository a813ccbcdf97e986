import { describe, expect, it } from '@jest/globals';
import { parseRetryAfterMs } from '../../src/http/retry-after.js';

describe('parseRetryAfterMs', () => {
  const now = Date.parse('Fri, 31 Dec 1999 23:59:00 GMT');

  it.each([
    ['120', 120_000],
    ['0', 0],
    ['Fri, 31 Dec 1999 23:59:30 GMT', 30_000],
    ['Fri, 31 Dec 1999 23:00:00 GMT', 0],
    ['99999999999', 86_400_000],
    ['soon', undefined],
    [undefined, undefined],
  ])('reads %s as %s ms', (header, ms) => {
    expect(parseRetryAfterMs(header, now)).toBe(ms);
  });
});
