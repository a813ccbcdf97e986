import { describe, expect, it } from '@jest/globals';
import { Breaker, type BreakerState } from '../../src/guards/breaker.js';

const SETTINGS = { failures: 3, openForMs: 1_000, maxOpenForMs: 8_000 };

/** A breaker whose clock is moved by hand, with jitter at its middle. */
function aBreaker() {
  let nowMs = 0;
  const states: BreakerState[] = [];
  const breaker = new Breaker(
    SETTINGS,
    () => nowMs,
    () => 0.5,
    (state) => void states.push(state),
  );
  const pass = (ms: number) => {
    nowMs += ms;
  };
  const fail = (times: number) => {
    for (let n = 0; n < times; n++) breaker.report('pass', 'bad');
  };
  return { breaker, states, pass, fail };
}

describe('Breaker', () => {
  it('opens after its failures in a row, and refuses every call then, saying when to come again', () => {
    const { breaker, fail } = aBreaker();
    fail(2);
    breaker.report('pass', 'good');
    fail(2);
    expect(breaker.admit()).toEqual({ kind: 'pass' });
    fail(1);
    expect(breaker.admit()).toEqual({ kind: 'refused', retryAfterMs: 1_600 });
  });

  it('opens when twelve of the last twenty calls failed, whatever came in between', () => {
    const { breaker } = aBreaker();
    for (let n = 0; n < 5; n++) for (const end of ['bad', 'bad', 'good'] as const) breaker.report('pass', end);
    expect(breaker.state).toBe('closed');
    for (const end of ['bad', 'bad'] as const) breaker.report('pass', end);
    expect(breaker.state).toBe('open');
  });

  it('lets one call through to try, and closes when that one is answered', () => {
    const { breaker, states, pass, fail } = aBreaker();
    fail(3);
    pass(1_000);
    expect(breaker.admit()).toEqual({ kind: 'probe' });
    expect(breaker.admit()).toMatchObject({ kind: 'refused' });
    breaker.report('probe', 'good');
    expect(breaker.admit()).toEqual({ kind: 'pass' });
    expect(states).toEqual(['open', 'half-open', 'closed']);
  });

  it('waits twice as long after each probe that fails, up to its limit', () => {
    const { breaker, pass, fail } = aBreaker();
    fail(3);
    for (const openForMs of [1_000, 2_000, 4_000, 8_000, 8_000]) {
      pass(openForMs - 1);
      expect(breaker.admit().kind).toBe('refused');
      pass(1);
      expect(breaker.admit().kind).toBe('probe');
      breaker.report('probe', 'bad');
    }
  });

  it('sends the next call as a probe when one never got as far as the server', () => {
    const { breaker, pass, fail } = aBreaker();
    fail(3);
    pass(1_000);
    breaker.admit();
    breaker.report('probe', 'neutral');
    expect(breaker.admit()).toEqual({ kind: 'probe' });
  });

  it('believes the probe, not calls that were sent before it opened', () => {
    const { breaker, pass, fail } = aBreaker();
    fail(3);
    breaker.report('pass', 'good');
    expect(breaker.state).toBe('open');
    pass(1_000);
    breaker.admit();
    fail(10);
    breaker.report('probe', 'good');
    expect(breaker.state).toBe('closed');
  });

  it('leaves a server alone for as long as it asks, at most ten minutes', () => {
    const { breaker, pass } = aBreaker();
    breaker.hold(7_000);
    pass(6_999);
    expect(breaker.admit().kind).toBe('refused');
    pass(1);
    expect(breaker.admit().kind).toBe('probe');
    breaker.report('probe', 'good');
    breaker.hold(86_400_000);
    pass(600_000);
    expect(breaker.admit().kind).toBe('probe');
  });
});
