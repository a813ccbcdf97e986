import { describe, expect, it } from '@jest/globals';
import { createMetrics, createRegistry } from '@millrace/runtime';
import type { Pause } from '@millrace/stream-client';
import { PauseWatch } from '../src/live/pause-watch.js';

const pauseOf = (kind: Pause['kind'], name: string): Pause => ({ kind, name, at: new Date(0) });

function watchOf(read: () => readonly Pause[]) {
  const registry = createRegistry();
  const watch = new PauseWatch(async () => read(), createMetrics(registry));
  const told: (readonly string[])[] = [];
  watch.listen((pauses) => told.push(pauses.map(({ name }) => name)));
  const gauge = async () => (await registry.metrics()).match(/^millrace_paused\{.*$/gm) ?? [];
  return { watch, told, gauge };
}

describe('PauseWatch', () => {
  it('tells what is paused when that has changed, and counts it by kind', async () => {
    let paused: readonly Pause[] = [];
    const { watch, told, gauge } = watchOf(() => paused);
    expect(watch.now).toBeUndefined();
    await watch.lookOnce();
    await watch.lookOnce();
    paused = [pauseOf('route', 'score'), pauseOf('server', 'aws'), pauseOf('server', 'gcp')];
    await watch.lookOnce();
    await watch.lookOnce();
    expect(told).toEqual([[], ['score', 'aws', 'gcp']]);
    expect(await gauge()).toEqual(['millrace_paused{kind="route"} 1', 'millrace_paused{kind="server"} 2']);
  });

  it('tells it again after a while to those who may have missed it', async () => {
    const { watch, told } = watchOf(() => [pauseOf('route', 'score')]);
    for (let look = 0; look < 30; look += 1) await watch.lookOnce();
    expect(told).toHaveLength(3);
  });

  it('has no gauge while nobody can say, and keeps what is known', async () => {
    let isAway = false;
    const { watch, gauge } = watchOf(() => {
      if (isAway) throw new Error('away');
      return [pauseOf('route', 'score')];
    });
    await watch.lookOnce();
    isAway = true;
    await watch.lookOnce();
    expect([await gauge(), watch.now?.length]).toEqual([[], 1]);
  });
});
