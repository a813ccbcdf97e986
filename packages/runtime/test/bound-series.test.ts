import { describe, expect, it } from '@jest/globals';
import { Counter, Histogram, Registry } from 'prom-client';
import { bindCounter, bindHistogram } from '../src/index.js';

const LABELS = { kind: 'a', code: '200' };

function createTwo() {
  const make = () => {
    const registry = new Registry();
    const registers = [registry];
    const labelNames = ['kind', 'code'] as const;
    return {
      registry,
      counter: new Counter({ name: 'things_total', help: 'Things.', labelNames, registers }),
      histogram: new Histogram({ name: 'seconds', help: 'Time.', labelNames, buckets: [0.005, 0.5, 1], registers }),
    };
  };
  return { bound: make(), plain: make() };
}

describe('bindCounter', () => {
  it('counts as the counter itself does, from the first on', async () => {
    const { bound, plain } = createTwo();
    const count = bindCounter(bound.counter, LABELS);
    expect((await bound.counter.get()).values).toEqual([]);
    for (const by of [1, 5, 2]) {
      count(by);
      plain.counter.inc(LABELS, by);
    }
    // Others may count the same series without being bound, and other series beside it.
    for (const { counter } of [bound, plain]) counter.labels('a', '200').inc();
    for (const { counter } of [bound, plain]) counter.labels('a', '404').inc();
    count();
    plain.counter.inc(LABELS);
    expect(await bound.registry.metrics()).toBe(await plain.registry.metrics());
    expect(await bound.registry.metrics()).toContain('things_total{kind="a",code="200"} 10');
  });
});

describe('bindHistogram', () => {
  it('observes as the histogram itself does, whatever the value', async () => {
    const { bound, plain } = createTwo();
    const observe = bindHistogram(bound.histogram, LABELS);
    expect((await bound.histogram.get()).values).toEqual([]);
    for (const value of [0.3, 0, 0.005, 0.0051, 1, 1.1, -1, 30]) {
      observe(value);
      plain.histogram.observe(LABELS, value);
    }
    for (const { histogram } of [bound, plain]) histogram.observe({ kind: 'b', code: '200' }, 2);
    expect(await bound.registry.metrics()).toBe(await plain.registry.metrics());
    expect(await bound.registry.metrics()).toContain('seconds_count{kind="a",code="200"} 8');
    expect(() => observe(Number.NaN)).toThrow('not a valid number');
  });
});
