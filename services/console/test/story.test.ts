import { describe, expect, it } from '@jest/globals';
import type { EventRecord } from '../src/api/events';
import { readStory } from '../src/api/story';

/** Records by ref: what each was caused by, and what it emitted along the route `r`. */
function records(events: Readonly<Record<string, { cause?: string; followUps?: readonly string[] }>>) {
  return async (ref: string): Promise<EventRecord | undefined> => {
    const event = events[ref];
    if (event === undefined) return undefined;
    const { cause, followUps = [] } = event;
    const delivery = { id: 'r', version: 'v', state: 'done', attempts: 1, starts: 1, effects: [], followUps };
    return {
      ref,
      event: { id: ref, source: '/test', type: `type.${ref}` },
      state: 'done',
      acceptedAt: '2026-01-31T08:00:00Z',
      routes: [delivery],
      ...(cause === undefined ? {} : { causedBy: { ref: cause, type: 'any' } }),
    };
  };
}

describe('readStory', () => {
  it('begins with the first cause and shows all that followed', async () => {
    const read = records({
      a: { followUps: ['b', 'c'] },
      b: { cause: 'a', followUps: ['d'] },
      c: {},
      d: { cause: 'b' },
    });
    const { first, isPart } = await readStory('d', read);
    expect(isPart).toBe(false);
    expect(first).toMatchObject({
      ref: 'a',
      caused: [{ route: 'r', event: { ref: 'b', caused: [{ event: { ref: 'd' } }] } }, { event: { ref: 'c' } }],
    });
  });

  it('begins where the cause has expired, and shows a follow-up that has', async () => {
    const { first } = await readStory('b', records({ b: { cause: 'a', followUps: ['c'] } }));
    expect(first).toMatchObject({ ref: 'b', caused: [{ event: { ref: 'c', type: undefined, state: undefined } }] });
  });

  it('reads no more than a page can show, and says so; a circle does not keep it', async () => {
    let asked = 0;
    const endless = async (ref: string) => {
      asked += 1;
      const read = records({ [ref]: { followUps: [`${ref}x`, `${ref}y`] } });
      return read(ref);
    };
    expect((await readStory('a', endless)).isPart).toBe(true);
    expect(asked).toBeLessThanOrEqual(40);
    const circle = records({ a: { cause: 'b', followUps: ['b'] }, b: { cause: 'a', followUps: ['a'] } });
    expect((await readStory('a', circle)).first.caused).toHaveLength(1);
  });
});
