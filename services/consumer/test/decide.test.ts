import { describe, expect, it } from '@jest/globals';
import { ToolCallError, type ToolCallErrorCode } from '@millrace/mcp-client';
import type { Attempt } from '../src/attempt.js';
import { decide, MAX_UNSENT_ATTEMPTS, type RouteRules } from '../src/decide.js';

const policy: RouteRules = {
  retry: { attempts: 3, initialMs: 100, maxMs: 1_000 },
  delivery: 'at-least-once',
  idempotency: { kind: 'none' },
};
const plan = {
  routeId: 'r',
  route: undefined,
  attempt: 1,
  redrivenAt: 0,
  unsent: 0,
  condition: 'holds',
  effects: [],
} as const;
const target = { server: 's', tool: 't', arguments: {}, version: 'v' };
const effect = { step: '0', state: 'done', key: 'k', attempt: 1, target, targetHash: 'h' } as const;
const half = () => 0.5;

function failed(code: ToolCallErrorCode, callClass: ToolCallError['class'], retryAfterMs?: number): Attempt {
  return {
    kind: 'failed',
    error: new ToolCallError(code, callClass, 'for a test', { retryAfterMs }),
    effects: [effect],
  };
}

describe('decide', () => {
  it('is done when the tool answered', () => {
    expect(decide({ kind: 'done', result: 1, followUps: [], effects: [effect] }, plan, policy, half)).toEqual({
      kind: 'done',
    });
  });

  it('retries a failure that may pass, later each time', () => {
    const first = decide(failed('TOOL_TIMEOUT', 'unknown'), plan, policy, half);
    const second = decide(failed('TOOL_TIMEOUT', 'unknown'), { ...plan, attempt: 2 }, policy, half);
    expect([first, second]).toEqual([
      { kind: 'retry', unsent: 0, delayMs: 50 },
      { kind: 'retry', unsent: 0, delayMs: 100 },
    ]);
  });

  it('never gives up on a server that somebody has paused, however long, and counts none of it', () => {
    const paused = failed('SERVER_PAUSED', 'not-sent', 10_000);
    const long = { ...plan, attempt: 2_001, unsent: 2_000, held: 2_000 };
    expect(decide(paused, long, policy, half)).toEqual({ kind: 'retry', unsent: 2_001, held: 2_001, delayMs: 10_000 });
    expect(decide(failed('TOOL_UNREACHABLE', 'not-sent'), long, policy, half)).toMatchObject({ kind: 'retry' });
    expect(decide(failed('TOOL_TIMEOUT', 'unknown'), long, policy, half)).toMatchObject({
      kind: 'retry',
      unsent: 2_000,
    });
  });

  it('gives up when the attempt limit is reached', () => {
    const decision = decide(failed('TOOL_TIMEOUT', 'unknown'), { ...plan, attempt: 3 }, policy, half);
    expect(decision).toEqual({ kind: 'dead', reason: 'attempts-exhausted' });
  });

  it('counts afresh after a redrive', () => {
    const decision = decide(failed('TOOL_TIMEOUT', 'unknown'), { ...plan, attempt: 4, redrivenAt: 3 }, policy, half);
    expect(decision).toMatchObject({ kind: 'retry', delayMs: 50 });
  });

  it('gives up at once when the same call can never succeed', () => {
    const decision = decide(failed('TOOL_ARGUMENTS_INVALID', 'refused'), plan, policy, half);
    expect(decision).toEqual({ kind: 'dead', reason: 'refused' });
  });

  it('waits as long as the server asked', () => {
    const decision = decide(failed('TOOL_THROTTLED', 'refused', 7_000), plan, policy, half);
    expect(decision).toMatchObject({ kind: 'retry', delayMs: 7_000 });
  });

  it('does not count attempts that were never sent: a server that is down costs no event', () => {
    const unreachable = failed('TOOL_UNREACHABLE', 'not-sent');
    const late = decide(unreachable, { ...plan, attempt: 40, unsent: 39 }, policy, half);
    expect(late).toMatchObject({ kind: 'retry', unsent: 40 });
    const sent = decide(failed('TOOL_TIMEOUT', 'unknown'), { ...plan, attempt: 41, unsent: 40 }, policy, half);
    expect(sent).toMatchObject({ kind: 'retry', unsent: 40 });
  });

  it('bounds even those', () => {
    const attempt = { ...plan, attempt: MAX_UNSENT_ATTEMPTS, unsent: MAX_UNSENT_ATTEMPTS - 1 };
    expect(decide(failed('TOOL_UNREACHABLE', 'not-sent'), attempt, policy, half)).toEqual({
      kind: 'dead',
      reason: 'server-unreachable',
    });
  });

  it('gives up what is impossible, with its reason', () => {
    const error = { code: 'EXPRESSION_FAILED', message: 'x' };
    expect(decide({ kind: 'impossible', reason: 'expression-failed', error, effects: [] }, plan, policy, half)).toEqual(
      {
        kind: 'dead',
        reason: 'expression-failed',
      },
    );
  });

  it.each([
    ['at-most-once', 'none', 'unknown', 'outcome-unknown'],
    ['at-most-once', 'key', 'unknown', 'outcome-unknown'],
    ['at-most-once', 'none', 'refused', 'refused'],
    ['at-most-once', 'none', 'failed-by-tool', 'failed-by-tool'],
    ['at-most-once', 'none', 'not-sent', undefined],
    ['effectively-once', 'none', 'unknown', 'outcome-unknown'],
    ['effectively-once', 'key', 'unknown', undefined],
    ['effectively-once', 'safe', 'unknown', undefined],
    ['effectively-once', 'none', 'refused', undefined],
    ['effectively-once', 'none', 'failed-by-tool', undefined],
    ['at-least-once', 'none', 'unknown', undefined],
  ] as const)(
    '%s with idempotency %s, after a failure of class %s: dead as %s',
    (delivery, kind, callClass, reason) => {
      const route: RouteRules = { ...policy, delivery, idempotency: { kind } };
      const decision = decide(failed('TOOL_TIMEOUT', callClass), plan, route, half);
      expect(decision).toMatchObject(reason === undefined ? { kind: 'retry' } : { kind: 'dead', reason });
    },
  );
});
