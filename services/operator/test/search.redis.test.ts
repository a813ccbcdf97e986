import { describe, expect, it } from '@jest/globals';
import { createSettler, openBlockingSource } from '@millrace/stream-client';
import { STATES } from '../src/states.js';
import { append, giveUpNext, ROUTE } from './open-test-operator.js';
import { operator, setStage } from './stage.js';

setStage();

const get = (url: string) => operator.app.inject(url);

/** The event is in no stream but this one's: settled entries are written straight, to have many of them quickly. */
async function fillStream(count: number): Promise<void> {
  const { redis: commands, keys } = operator.stream;
  for (let at = 0; at < count; at += 1_000) {
    const pipeline = commands.pipeline();
    for (let n = at; n < at + 1_000; n++) {
      const event = JSON.stringify({ specversion: '1.0', id: `n${n}`, source: '/load', type: 'com.test.load' });
      const data = `{"note":"${n === 17 ? 'needle' : 'hay'} ${'x'.repeat(200)}"}`;
      pipeline.xadd(keys.events, '*', 'format', '1', 'seq', n, 'kind', 'j', 'event', event, 'data', data);
    }
    await pipeline.exec();
  }
}

describe('GET /v1/events', () => {
  it('finds an event by a word in its data, and shows what became of it without the data', async () => {
    const ref = await append(operator.stream, 'a', '{"note":"lost parcel"}');
    await append(operator.stream, 'b');
    await giveUpNext(operator.stream, ROUTE);
    expect((await get('/v1/events?text=PARCEL')).json()).toEqual({
      items: [
        {
          ref,
          id: 'a',
          source: '/test',
          type: 'com.test.happened',
          acceptedAt: expect.stringMatching(/Z$/),
          state: 'dead',
          routes: [{ id: ROUTE, state: 'dead' }],
        },
      ],
      scanned: 2,
    });
    const byState = (await get(`/v1/events?state=dead&route=${ROUTE}&type=com.test.*`)).json();
    expect(byState.items).toMatchObject([{ id: 'a' }]);
    for (const query of [`ref=${ref}`, 'id=a&source=/test']) {
      expect((await get(`/v1/events?${query}`)).json()).toMatchObject({ items: [{ ref }], scanned: 1 });
    }
  });

  it('says all words that there are for a state, and what else is wrong', async () => {
    const { errors } = (await get('/v1/events?state=lost&nonsense=1')).json();
    expect(errors).toEqual([
      { pointer: '/state', detail: `must be one of ${STATES.join(', ')}` },
      { pointer: '/nonsense', detail: 'is not known here' },
    ]);
  });

  it.each(['state=lost', 'colour=red', 'since=yesterday', 'limit=0', 'text='])('refuses %s', async (query) => {
    expect((await get(`/v1/events?${query}`)).json()).toMatchObject({ status: 400, code: 'REQUEST_INVALID' });
  });

  it('refuses a cursor that is none', async () => {
    expect((await get('/v1/events?cursor=nonsense')).json()).toMatchObject({ status: 400, code: 'CURSOR_INVALID' });
  });

  it('goes through 100,000 events in bounded pages, while Redis answers others and a fifth search is refused', async () => {
    await fillStream(100_000);
    const waits: number[] = [];
    let isSearching = true;
    const pings = (async () => {
      while (isSearching) {
        const begunAt = performance.now();
        await operator.stream.redis.zcard(operator.stream.keys.dead);
        waits.push(performance.now() - begunAt);
      }
    })();
    const begunAt = performance.now();
    let pages = 0;
    let cursor = '';
    let found: { id: string }[] = [];
    while (found.length === 0) {
      const answer = await get(`/v1/events?text=needle${cursor}`);
      const { items, next, scanned } = answer.json();
      expect(scanned).toBeLessThanOrEqual(10_000);
      found = items;
      pages += 1;
      cursor = `&cursor=${next}`;
    }
    expect(found).toMatchObject([{ id: 'n17' }]);
    expect(pages).toBeGreaterThanOrEqual(10);
    const tookMs = Math.round(performance.now() - begunAt);
    isSearching = false;
    await pings;
    const worst = Math.round(Math.max(...waits));
    console.info(`100,000 events: ${pages} pages in ${tookMs} ms; another command waited ${worst} ms at most`);
    const answers = await Promise.all(Array.from({ length: 5 }, () => get('/v1/events?text=nowhere')));
    const codes = answers.map(({ statusCode }) => statusCode).sort((a, b) => a - b);
    expect(codes).toEqual([200, 200, 200, 200, 503]);
    const refused = answers.find(({ statusCode }) => statusCode === 503);
    expect([refused?.json().code, refused?.headers['retry-after']]).toEqual(['TOO_MANY_SEARCHES', '1']);
  });
});

describe('GET /v1/events/{ref}', () => {
  it('names what caused the event: the one that emitted it', async () => {
    const { stream } = operator;
    const cause = await append(stream, 'cause');
    const source = await openBlockingSource(stream, 'me', 50);
    const [entry] = await source.read(1);
    await source.close();
    if (entry?.kind !== 'entry') throw new Error('there is nothing to read');
    const own = { id: 'effect', source: '/millrace/routes/r', type: 'com.test.followed' };
    const attributes = { specversion: '1.0', ...own, causationid: 'cause' };
    const followUps = [{ ...own, attributes, data: undefined }];
    const detail = { version: 'v1', effects: [] };
    const outcomes = [{ route: 'r', state: 'done', attempt: 1, detail, followUps }] as const;
    await createSettler(stream, 'me').settle({ entry, routes: ['r'], outcomes });
    const { routes } = (await get(`/v1/events/${cause}`)).json();
    const [ref] = routes[0].followUps;
    expect((await get(`/v1/events/${ref}`)).json()).toMatchObject({
      ref,
      event: { id: 'effect' },
      causedBy: { ref: cause, type: 'com.test.happened' },
    });
  });
});
