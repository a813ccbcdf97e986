import { describe, expect, it } from '@jest/globals';
import { createMetrics, createRegistry } from '@millrace/runtime';
import type { Pause } from '@millrace/stream-client';
import { PauseWatch } from '../src/live/pause-watch.js';

const pauseOf = (kind: Pause['kind'], name: string, atMs = 0): Pause => ({ kind, name, at: new Date(atMs) });

const NOW_MS = 10_000_000;

function watchOf(read: () => readonly Pause[]) {
  const registry = createRegistry();
  const watch = new PauseWatch(
    async () => read(),
    createMetrics(registry),
    () => NOW_MS,
  );
  const told: (readonly string[])[] = [];
  watch.listen((pauses) => told.push(pauses.map(({ name }) => name)));
  const samples = async (name: RegExp) => (await registry.metrics()).match(name) ?? [];
  const gauge = () => samples(/^millrace_paused\{.*$/gm);
  const ages = () => samples(/^millrace_oldest_pause_age_seconds\{.*$/gm);
  return { watch, told, gauge, ages };
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

  it('says for how long what was paused first has been, and 0 once it is resumed', async () => {
    let paused: readonly Pause[] = [pauseOf('route', 'a', NOW_MS - 60_000), pauseOf('route', 'b', NOW_MS - 3_600_000)];
    const { watch, ages } = watchOf(() => paused);
    await watch.lookOnce();
    expect(await ages()).toEqual([
      'millrace_oldest_pause_age_seconds{kind="route"} 3600',
      'millrace_oldest_pause_age_seconds{kind="server"} 0',
    ]);
    // By Redis' clock, which is ahead.
    paused = [pauseOf('server', 'aws', NOW_MS + 5_000)];
    await watch.lookOnce();
    expect(await ages()).toEqual([
      'millrace_oldest_pause_age_seconds{kind="route"} 0',
      'millrace_oldest_pause_age_seconds{kind="server"} 0',
    ]);
  });

  it('has no gauge while nobody can say, and keeps what is known', async () => {
    let isAway = false;
    const { watch, gauge, ages } = watchOf(() => {
      if (isAway) throw new Error('away');
      return [pauseOf('route', 'score')];
    });
    await watch.lookOnce();
    isAway = true;
    await watch.lookOnce();
    expect([await gauge(), await ages(), watch.now?.length]).toEqual([[], [], 1]);
  });
});
