import { beforeEach, describe, expect, it } from '@jest/globals';
import { type Position, placesAfter, type Walk } from '../../src/dead-letters/places-after.js';
import { setStage, stream } from '../stage.js';

setStage();

const KEY = 'test:{0}:places';
const MANY = 2_000;
let walk: Walk;

beforeEach(() => {
  walk = { redis: stream.redis, key: KEY, isReversed: true };
});

const nameOf = (n: number) => `0-1-${String(n).padStart(6, '0')} route`;

/** All of one moment, but for a tenth before and a tenth after. */
async function fill(): Promise<Position[]> {
  const places = Array.from({ length: MANY }, (_, n) => {
    const deadAt = n < MANY / 10 ? 4 : n >= MANY - MANY / 10 ? 6 : 5;
    return { member: nameOf(n), deadAt };
  });
  await stream.redis.zadd(KEY, ...places.flatMap(({ deadAt, member }) => [deadAt, member]));
  return places;
}

async function commandsSent(): Promise<number> {
  return Number(/^total_commands_processed:(\d+)/m.exec(await stream.redis.info('stats'))?.[1]);
}

async function goThrough(count: number, onPage: (page: readonly Position[]) => Promise<unknown> = async () => {}) {
  const found: Position[] = [];
  for (let after: Position | undefined; ; after = found.at(-1)) {
    const page = await placesAfter(walk, after, count);
    found.push(...page);
    await onPage(page);
    if (page.length < count) return found;
  }
}

describe('placesAfter', () => {
  it.each([true, false])('goes through all, each once, in their order (reversed: %p)', async (isReversed) => {
    const places = await fill();
    walk = { ...walk, isReversed };
    expect(await goThrough(200)).toEqual(isReversed ? places.toReversed() : places);
  });

  it('costs no more for the last page than for the first ones, however many are of one moment', async () => {
    await fill();
    const before = await commandsSent();
    const pages: number[] = [];
    let sent = before;
    await goThrough(200, async () => {
      const now = await commandsSent();
      pages.push(now - sent);
      sent = now;
    });
    // By halves: about as many as the number has bits.
    expect(Math.max(...pages)).toBeLessThan(22);
  });

  it('misses none while the places themselves, and others before them, go', async () => {
    const places = await fill();
    const goes = ({ member }: Position) => Number(member.slice(4, 10)) % 3 !== 0;
    const found = await goThrough(100, async (page) => {
      const gone = page.filter(goes).map(({ member }) => member);
      if (gone.length > 0) await stream.redis.zrem(KEY, ...gone);
    });
    expect(found).toEqual(places.toReversed());
    expect(await stream.redis.zcard(KEY)).toBe(places.filter((place) => !goes(place)).length);
  });

  it('misses none of those that stay while others go at the same time', async () => {
    const places = await fill();
    const stays = ({ member }: Position) => Number(member.slice(4, 10)) % 2 === 0;
    let isOver = false;
    const removing = (async () => {
      for (const place of places.toReversed().filter((one) => !stays(one))) {
        if (isOver) return;
        await stream.redis.zrem(KEY, place.member);
      }
    })();
    const found = await goThrough(50);
    isOver = true;
    await removing;
    expect(found.filter(stays)).toEqual(places.filter(stays).toReversed());
    expect(new Set(found.map(({ member }) => member)).size).toBe(found.length);
  });

  it('keeps to the scores that it is given', async () => {
    const places = await fill();
    const ofMoment = places.filter(({ deadAt }) => deadAt === 5).toReversed();
    const last = ofMoment.at(-301);
    expect(await placesAfter(walk, undefined, 10, { to: 5 })).toEqual(ofMoment.slice(0, 10));
    expect(await placesAfter(walk, last, 1_000, { from: 5, to: 5 })).toEqual(ofMoment.slice(-300));
  });
});
