import { describe, expect, it } from '@jest/globals';
import type { Outcome } from '@millrace/stream-client';
import { RouteWindow } from '../src/route-window.js';

const NOTHING = { done: 0, retried: 0, waiting: 0, parked: 0, dead: 0, expired: 0 };

function settled(route: string, state: Outcome['state'], detail: object = {}): Outcome {
  return { route, state, attempt: 1, detail: { version: 'v', effects: [], ...detail } };
}

describe('RouteWindow', () => {
  it('counts what became of the deliveries of each route, and forgets it after a minute', () => {
    let nowMs = 1_000_000;
    const window = new RouteWindow(() => nowMs);
    window.note(settled('a', 'done'));
    window.note(settled('a', 'retrying'));
    nowMs += 30_000;
    for (const state of ['done', 'dead', 'parked', 'waiting'] as const) window.note(settled('a', state));
    window.note(settled('b', 'expired'));
    const both = { route: 'a', done: 2, retried: 1, waiting: 1, parked: 1, dead: 1, expired: 0 };
    const other = { ...NOTHING, route: 'b', expired: 1 };
    expect(window.report()).toEqual({ coveredMs: 30_000, routes: [both, other] });
    nowMs += 31_000;
    expect(window.report().routes).toEqual([{ ...both, done: 1, retried: 0 }, other]);
    nowMs += 30_000;
    expect(window.report().routes).toEqual([]);
  });

  it('counts as waiting what was not begun: paused, in line for a context, behind another partition', () => {
    const window = new RouteWindow(() => 0);
    for (const why of [{ paused: { kind: 'route', name: 'a' } }, { waitsIn: 'order/1' }, { behind: 0 }])
      window.note(settled('a', 'retrying', why));
    expect(window.report().routes).toEqual([{ ...NOTHING, route: 'a', waiting: 3 }]);
  });

  it('tells how much of the minute it knows of: less after a start, and never less than makes a rate', () => {
    let nowMs = 7_300;
    const window = new RouteWindow(() => nowMs);
    expect(window.report().coveredMs).toBe(5_000);
    nowMs += 20_000;
    expect(window.report().coveredMs).toBe(20_000);
    nowMs += 600_000;
    const { coveredMs } = window.report();
    expect(coveredMs).toBeGreaterThanOrEqual(55_000);
    expect(coveredMs).toBeLessThanOrEqual(60_000);
  });

  it('tells of a bounded number of routes, and costs a settled delivery next to nothing', () => {
    let nowMs = 0;
    const window = new RouteWindow(() => nowMs);
    for (let n = 0; n < 3_000; n++) window.note(settled(`route-${n}`, 'done'));
    nowMs += 6_000;
    for (let n = 3_000; n < 6_000; n++) window.note(settled(`route-${n}`, 'done'));
    expect(window.report().routes).toHaveLength(1_000);
    const outcome = settled('route-1', 'done');
    const startedMs = performance.now();
    for (let n = 0; n < 1_000_000; n++) window.note(outcome);
    console.info(`a settled delivery costs ${Math.round(performance.now() - startedMs)} ns to count`);
    expect(window.report().routes[0]).toMatchObject({ route: 'route-0', done: 1 });
  });
});
