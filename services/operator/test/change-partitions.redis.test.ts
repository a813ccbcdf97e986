import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createLogger } from '@millrace/runtime';
import {
  announceConfiguration,
  beginChange,
  completeChange,
  createSettler,
  discardDeadLetter,
  type KeyedRoute,
  type Outcome,
  openBlockingSource,
  openPartitions,
  promoteDue,
  readMap,
} from '@millrace/stream-client';
import { type RedisServer, startRedisServer } from '@millrace/testing';
import { ChangeKeeper } from '../src/partitions/change-keeper.js';
import { append, makeDeadLetter, openTestOperator } from './open-test-operator.js';

let server: RedisServer;
let operator: Awaited<ReturnType<typeof openTestOperator>>;

beforeAll(async () => {
  server = await startRedisServer();
});

afterAll(async () => {
  await server.stop();
});

beforeEach(async () => {
  operator = await openTestOperator(server.url, {}, { partitions: 2 });
});

afterEach(async () => {
  await operator.stream.redis.flushall();
  await operator.close();
});

async function reopen(partitions: number): Promise<void> {
  await operator.stream.redis.flushall();
  await operator.close();
  operator = await openTestOperator(server.url, {}, { partitions });
}

async function change(partitions: unknown) {
  const answer = await operator.app.inject({ method: 'POST', url: '/v1/partitions', payload: { partitions } });
  return { status: answer.statusCode, body: answer.json<Record<string, unknown>>() };
}

async function show() {
  return (await operator.app.inject('/v1/partitions')).json<Record<string, unknown>>();
}

const announce = (keyed?: readonly KeyedRoute[], asksByMap = false) =>
  announceConfiguration(operator.stream, {
    version: 'v1',
    routes: ['triage'],
    servers: [],
    ...(keyed === undefined ? {} : { keyed }),
    ...(asksByMap ? { asksByMap } : {}),
  });

const orderedBy = (...keys: readonly string[]) =>
  keys.map((by) => ({ route: by, what: 'ordered', by }) as const satisfies KeyedRoute);

const NOTHING = { unread: 0, held: 0, waiting: 0, deadLetters: 0, isExact: true };

describe('POST /v1/partitions', () => {
  it('has new events go by the new number, notes who did it, and changes nothing when it is asked again', async () => {
    expect(await show()).toMatchObject({ partitions: 2, epoch: 1, state: 'settled', left: NOTHING, leftIn: [] });
    expect(await change(8)).toMatchObject({ status: 200, body: { partitions: 8, epoch: 2, state: 'draining' } });
    expect(await change(8)).toMatchObject({ status: 200, body: { partitions: 8, epoch: 2 } });
    expect(operator.partitions.all).toHaveLength(8);
    const { items } = (await operator.app.inject('/v1/audit')).json<{ items: { action: string; target: string }[] }>();
    expect(items).toMatchObject([{ action: 'partitions.change', target: '2 to 8' }]);
  });

  it.each([1, 3, 5, 0, 4_098, '8', undefined])('refuses %p where there are two', async (wanted) => {
    const { status, body } = await change(wanted);
    expect([status, body.code]).toEqual(
      wanted === 1 || wanted === 3 || wanted === 5 ? [422, 'PARTITIONS_REFUSED'] : [400, 'REQUEST_INVALID'],
    );
    expect((await readMap(operator.stream))?.epochs).toHaveLength(1);
  });

  it('carries on a change that has come to a stop, and refuses another one meanwhile', async () => {
    await beginChange(operator.partitions, 4);
    expect(await show()).toMatchObject({ partitions: 2, state: 'preparing' });
    expect(await change(8)).toMatchObject({ status: 409, body: { code: 'PARTITIONS_CHANGING' } });
    expect(await change(4)).toMatchObject({ status: 200, body: { partitions: 4, epoch: 2 } });
  });

  it('refuses while consumers work under contexts, whose memories would stay behind, and says which', async () => {
    await announce([{ route: 'triage', what: 'context', by: 'partitionkey' }]);
    const { status, body } = await change(4);
    expect([status, body.code]).toEqual([409, 'PARTITIONS_HINDERED']);
    expect(body.detail).toContain('route triage: agent.context');
    expect((await readMap(operator.stream))?.epochs).toHaveLength(1);
  });

  it.each([1, 2])('makes more of %p while routes are ordered by whatever they are', async (from) => {
    await reopen(from);
    await announce(orderedBy('partitionkey', 'subject', 'data.key'), true);
    expect(await change(4)).toMatchObject({ status: 200, body: { partitions: 4, state: 'draining' } });
  });

  it('answers each of many who ask for the same at once how far it has come, and makes one change', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => change(8)));
    for (const answer of answers) expect(answer).toMatchObject({ status: 200, body: { partitions: 8, epoch: 2 } });
    expect((await readMap(operator.stream))?.epochs).toHaveLength(2);
  });

  it('says that it is done to one whose change was made by a call before, between his look and his own', async () => {
    const { home } = operator.partitions;
    const { redis } = home;
    // Both calls find two partitions; the first has come to its end before the second writes anything down.
    const zrange = redis.zrange.bind(redis);
    let isMade = false;
    redis.zrange = (async (...args: Parameters<typeof zrange>) => {
      if (!isMade) {
        isMade = true;
        const other = await openPartitions({ redisUrl: server.url, namespace: home.settings.namespace });
        await beginChange(other, 8);
        await completeChange(other);
        await other.close();
      }
      return zrange(...args);
    }) as typeof zrange;
    expect(await change(8)).toMatchObject({ status: 200, body: { partitions: 8, epoch: 2, state: 'draining' } });
    expect([isMade, await redis.hkeys(home.keys.map)]).toEqual([true, ['1', '2']]);
  });

  it('is not begun while somebody works under a configuration that was not looked at', async () => {
    await announce([{ route: 'triage', what: 'ordered', by: 'partitionkey' }]);
    expect(await beginChange(operator.partitions, 4)).toMatchObject({ kind: 'unseen' });
    expect((await readMap(operator.stream))?.epochs).toHaveLength(1);
    expect(await beginChange(operator.partitions, 4, ['v1'])).toMatchObject({ kind: 'prepared' });
    expect(await announce([])).toBe(4);
  });

  it('refuses while a consumer of a release is at work that does not say what it has in order', async () => {
    await announce();
    expect(await change(4)).toMatchObject({ status: 409, body: { code: 'PARTITIONS_HINDERED' } });
  });

  it('refuses while a consumer of a release is at work that takes turns by any map, whatever others do under the same files', async () => {
    const keyed = orderedBy('partitionkey', 'subject');
    await announce(keyed);
    await announce(keyed, true);
    const { status, body } = await change(4);
    expect([status, body.code]).toEqual([409, 'PARTITIONS_HINDERED']);
    expect(body.detail).toContain('start that anew first');
    expect((await readMap(operator.stream))?.epochs).toHaveLength(1);
  });

  it('asks for no other release where all that is in order is so by partitionkey', async () => {
    await announce(orderedBy('partitionkey'));
    expect(await change(4)).toMatchObject({ status: 200, body: { partitions: 4 } });
  });
});

describe('GET /v1/partitions', () => {
  it('says what each old partition has left from before, and not what came in since', async () => {
    await makeDeadLetter(operator.stream, 'dead');
    for (const id of ['a', 'b', 'c']) await append(operator.stream, id);
    const { redis, keys } = operator.stream;
    await redis.xreadgroup('GROUP', 'consumers', 'me', 'COUNT', 1, 'STREAMS', keys.events, '>');
    await change(4);
    const NEW_MAP = 2;
    await append(operator.stream, 'new', undefined, NEW_MAP);
    expect(await redis.xlen(keys.events)).toBe(5);
    const left = { unread: 2, held: 1, waiting: 0, deadLetters: 1, isExact: true };
    expect(await show()).toMatchObject({ state: 'draining', left, leftIn: [{ partition: 0, ...left }] });
  });
});

describe('the keeper of changes', () => {
  const keeper = () => new ChangeKeeper(operator.partitions, createLogger('operator', 'silent'));

  it('carries on what whoever began it has left', async () => {
    await beginChange(operator.partitions, 4);
    await operator.partitions.refresh();
    await keeper().lookOnce();
    expect(await show()).toMatchObject({ partitions: 4, state: 'draining' });
  });

  it('closes an old partition again where Redis has lost that it was, so that what it has left is known', async () => {
    await append(operator.stream, 'a');
    await change(4);
    const { redis, keys } = operator.stream;
    await redis.hdel(keys.counters, 'epoch', 'fence', 'fence-added', 'fence-seq');
    expect(await show()).toMatchObject({ left: { isExact: false } });
    await keeper().lookOnce();
    expect(await show()).toMatchObject({ left: { unread: 1, isExact: true } });
  });

  it('lets the old map go once nothing is left, and nothing of it can be repeated', async () => {
    const id = await makeDeadLetter(operator.stream, 'dead');
    await change(4);
    const one = keeper();
    const day = 86_400_000;
    await one.lookOnce(0);
    await one.lookOnce(day);
    expect(await show()).toMatchObject({ state: 'draining' });
    expect(await discardDeadLetter(operator.stream, id)).toBe('discarded');
    await one.lookOnce(day + 1);
    await one.lookOnce(day + operator.stream.settings.identityTtlMs);
    expect(await show()).toMatchObject({ state: 'draining', left: NOTHING });
    await one.lookOnce(day + operator.stream.settings.identityTtlMs + 2);
    expect(await show()).toMatchObject({ state: 'settled', partitions: 4 });
    expect(operator.partitions.map.draining).toEqual([]);
  });

  it('waits for what was put back behind the fence to end: unread, and while it is worked on', async () => {
    await append(operator.stream, 'late');
    await endNext({ state: 'retrying', delayMs: 0 });
    await change(4);
    expect(await promoteDue(operator.stream, 10)).toBe(1);
    const one = keeper();
    const day = 86_400_000;
    await one.lookOnce(0);
    await one.lookOnce(day);
    expect(await show()).toMatchObject({ state: 'draining', left: { isExact: false } });
    const end = await readNext();
    await one.lookOnce(2 * day);
    await one.lookOnce(3 * day);
    expect(await show()).toMatchObject({ state: 'draining', left: { isExact: false } });
    await end({ state: 'done' });
    await one.lookOnce(3 * day);
    await one.lookOnce(3 * day + operator.stream.settings.identityTtlMs);
    expect(await show()).toMatchObject({ state: 'draining', left: NOTHING });
    await one.lookOnce(3 * day + operator.stream.settings.identityTtlMs + 1);
    expect(await show()).toMatchObject({ state: 'settled' });
  });

  it('sets a fence again that a Redis has lost', async () => {
    await change(4);
    const { redis, keys } = operator.stream;
    await redis.hdel(keys.counters, 'epoch', 'fence', 'fence-added', 'fence-seq');
    await keeper().lookOnce();
    expect(await redis.hmget(keys.counters, 'epoch', 'fence')).toEqual(['2', '0-0']);
  });
});

describe('what came in before the fence', () => {
  it("is told from what came in since though Redis' clock was set back at that moment", async () => {
    const { redis, keys } = operator.stream;
    // By a clock that was an hour ahead.
    await redis.call('XSETID', keys.events, `${Date.now() + 3_600_000}-0`);
    await makeDeadLetter(operator.stream, 'dead');
    await change(4);
    expect(await show()).toMatchObject({ left: { ...NOTHING, deadLetters: 1 } });
  });
});

type End = Pick<Outcome, 'state'> & { readonly delayMs?: number };

/** Holds the next entry, and returns the function that ends its delivery. */
async function readNext(): Promise<(end: End) => Promise<void>> {
  const source = await openBlockingSource(operator.stream, 'me', 50);
  const [entry] = await source.read(1);
  await source.close();
  if (entry?.kind !== 'entry') throw new Error('there is nothing to read');
  return async (end) => {
    const detail = { version: 'v1', effects: [] };
    const outcomes = [{ route: 'triage', attempt: entry.retry?.attempt ?? 1, detail, ...end }] as const;
    expect(await createSettler(operator.stream, 'me').settle({ entry, routes: ['triage'], outcomes })).toBe('settled');
  };
}

async function endNext(end: End): Promise<void> {
  await (await readNext())(end);
}
