import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { contextIdOf, createGroup, createSettler, enterContext, openBlockingSource } from '@millrace/stream-client';
import { type RedisServer, startRedisServer } from '@millrace/testing';
import { append, openTestOperator, ROUTE } from './open-test-operator.js';

let server: RedisServer;
let operator: Awaited<ReturnType<typeof openTestOperator>>;

beforeAll(async () => {
  server = await startRedisServer();
  operator = await openTestOperator(server.url);
  await createGroup(operator.stream);
});

afterAll(async () => {
  await operator.close();
  await server.stop();
});

/** Has a delivery enter a context and leave this in it. */
async function remember(name: string, memory: object, keepMs = 60_000): Promise<string> {
  const { stream } = operator;
  await append(stream, `event of ${name}`);
  const source = await openBlockingSource(stream, 'me', 50);
  const [entry] = await source.read(1);
  await source.close();
  if (entry?.kind !== 'entry') throw new Error('there is nothing to read');
  const { ref, seq } = entry;
  expect(await enterContext(stream, { ref, seq, route: ROUTE, name, keepMs })).toMatchObject({ kind: 'entered' });
  const leaves = { id: contextIdOf({ route: ROUTE, name }), keepMs, memory: JSON.stringify(memory) };
  const detail = { version: 'v1', effects: [] };
  const outcomes = [{ route: ROUTE, state: 'done', attempt: 1, detail, leaves }] as const;
  expect(await createSettler(stream, 'me').settle({ entry, routes: [ROUTE], outcomes })).toBe('settled');
  return leaves.id;
}

describe('/v1/contexts', () => {
  it('lists contexts page by page without what is remembered, shows one, and forgets it on the record', async () => {
    const ids = [await remember('ada', { events: 1 }, 60_000), await remember('bob', { events: 2 }, 90_000)];
    const first = (await operator.app.inject('/v1/contexts?limit=1')).json() as { items: object[]; next: string };
    expect(first.items).toEqual([{ id: ids[1], route: ROUTE, name: 'bob', updatedAt: expect.any(String) }]);
    const second = (await operator.app.inject(`/v1/contexts?limit=1&cursor=${first.next}`)).json();
    expect(second).toEqual({ items: [expect.objectContaining({ name: 'ada' })] });
    const url = `/v1/contexts/${encodeURIComponent(ids[0] ?? '')}`;
    expect((await operator.app.inject(url)).json()).toMatchObject({ name: 'ada', memory: { events: 1 } });
    const statuses = [
      (await operator.app.inject({ method: 'DELETE', url })).statusCode,
      (await operator.app.inject({ method: 'DELETE', url })).statusCode,
      (await operator.app.inject(url)).statusCode,
      (await operator.app.inject('/v1/contexts?cursor=x')).statusCode,
    ];
    expect(statuses).toEqual([204, 404, 404, 400]);
    const acts = (await operator.app.inject('/v1/audit')).json() as { items: object[] };
    expect(acts.items[0]).toMatchObject({ action: 'context.clear', target: ids[0] });
  });
});
