import { describe, expect, it } from '@jest/globals';
import { SharedToken } from '../../src/access/shared-token.js';

const never = new AbortController().signal;

function tokens(lifeMs: number) {
  let nowMs = 0;
  let fetched = 0;
  const token = new SharedToken(
    async () => {
      fetched += 1;
      return { value: `token-${fetched}`, expiresAtMs: nowMs + lifeMs };
    },
    () => nowMs,
  );
  const pass = (ms: number) => {
    nowMs += ms;
  };
  return { token, pass, fetched: () => fetched };
}

describe('SharedToken', () => {
  it('is fetched once for all that ask together', async () => {
    const { token, fetched } = tokens(3_600_000);
    const values = await Promise.all(Array.from({ length: 32 }, () => token.get(never)));
    expect(new Set(values)).toEqual(new Set(['token-1']));
    expect(fetched()).toBe(1);
  });

  it('is renewed half a minute before it ends, a short one at its half', async () => {
    const long = tokens(3_600_000);
    await long.token.get(never);
    long.pass(3_569_999);
    expect(await long.token.get(never)).toBe('token-1');
    long.pass(1);
    expect(await long.token.get(never)).toBe('token-2');
    const short = tokens(10_000);
    await short.token.get(never);
    short.pass(5_000);
    expect(await short.token.get(never)).toBe('token-2');
  });

  it('is fetched anew after it was refused, once, however many calls it was refused to', async () => {
    const { token, fetched } = tokens(3_600_000);
    await token.get(never);
    for (let call = 0; call < 8; call++) token.reject('token-1');
    expect(await Promise.all([token.get(never), token.get(never)])).toEqual(['token-2', 'token-2']);
    token.reject('token-1');
    expect(await token.get(never)).toBe('token-2');
    expect(fetched()).toBe(2);
  });

  it('is fetched again after a fetch that failed', async () => {
    let attempts = 0;
    const token = new SharedToken(
      async () => {
        attempts += 1;
        if (attempts === 1) throw new Error('no answer');
        return { value: 'token' };
      },
      () => 0,
    );
    await expect(token.get(never)).rejects.toThrow('no answer');
    expect(await token.get(never)).toBe('token');
  });
});
