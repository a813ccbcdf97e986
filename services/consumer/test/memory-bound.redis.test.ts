import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { KNOWN_ORIGIN } from '@millrace/agent';
import { contentHashOf } from '@millrace/events';
import {
  contextIdOf,
  createAppender,
  createGroup,
  createSettler,
  type Entry,
  openBlockingSource,
  openStream,
  type Stream,
} from '@millrace/stream-client';
import { type RedisServer, startRedisServer } from '@millrace/testing';
import { enterAgentContext } from '../src/agents/agent-context.js';
import { anEvent, someRoutes } from './start-consuming.js';

const ME = 'me';
const EVENTS = 1_000;
const MAX_BYTES = 4_096;

let server: RedisServer;
let stream: Stream;

beforeAll(async () => {
  // Nothing here is about what survives, and two thousand syncs of a disk take their time.
  server = await startRedisServer(['--appendfsync', 'no']);
  stream = await openStream({
    redisUrl: server.url,
    namespace: 'test',
    durability: 'memory',
    clientName: 'test',
    connectTimeoutMs: 30_000,
    identityTtlMs: 60_000,
    recordTtlMs: 60_000,
  });
  await createGroup(stream);
});

afterAll(async () => {
  await stream.close();
  await server.stop();
});

const [route] = someRoutes(`
routes:
  - id: care
    on: { type: asked }
    agent: { tools: ['gcp/*'], instructions: Help., context: data.customer, memory: { bytes: ${MAX_BYTES} } }
`).all;

async function appendAll(): Promise<void> {
  const appender = createAppender(stream, { maxBacklog: 10_000, deadlineMs: 30_000 });
  const events = Array.from({ length: EVENTS }, (_, n) => anEvent(`e-${n}`, 'asked', { customer: 'ada' }));
  await Promise.all(events.map((event) => appender.append(event, contentHashOf(event))));
}

async function* readAll(): AsyncGenerator<Entry> {
  const source = await openBlockingSource(stream, ME, 50);
  for (let read = 0; read < EVENTS; ) {
    for (const entry of await source.read(100)) {
      if (entry.kind !== 'entry') throw new Error(entry.problem);
      read += 1;
      yield entry;
    }
  }
  await source.close();
}

/** What a run leaves that has said and read much, with whatever is larger in JSON, and in UTF-8, than it looks. */
function aRun(n: number) {
  const much = `${n} "é\n`.repeat(400);
  const call = { step: '0.0', name: 'gcp__look', tool: 'gcp/look', verdict: 'done', said: `${n} ${much}` } as const;
  const spent = { steps: 2, calls: 1, input: 1, output: 1, cached: 0, cost: 0 };
  const report = { spent, steps: [{ text: '', calls: [call] }] };
  return { at: new Date(1_700_000_000_000 + n), origin: KNOWN_ORIGIN, event: much, result: much, report };
}

describe('the memory of a context in Redis', () => {
  it('stays within its bound after a thousand events of one context, as does everything else of the context', async () => {
    if (route === undefined) throw new Error('there is no route');
    await appendAll();
    const settler = createSettler(stream, ME);
    const id = contextIdOf({ route: 'care', name: 'ada' });
    const { keys, redis } = stream;
    const sizes: (readonly [fields: number, bytes: number])[] = [];
    let n = 0;
    for await (const entry of readAll()) {
      const entering = await enterAgentContext(entry, route, stream);
      if (entering.kind !== 'entered') throw new Error(`${entry.ref} is ${entering.kind}`);
      entering.context.memory.keep(aRun(n));
      const done = { route: 'care', state: 'done', attempt: 1, detail: { version: 'v1', effects: [] } } as const;
      const outcomes = [entering.context.leave(done)];
      expect(await settler.settle({ entry, routes: ['care'], outcomes })).toBe('settled');
      n += 1;
      if (n % 100 === 0)
        sizes.push([await redis.hlen(keys.context(id)), Number(await redis.memory('USAGE', keys.context(id)))]);
    }
    const memory = JSON.parse((await redis.hget(keys.context(id), 'memory')) ?? '') as { events: number };
    expect(memory.events).toBe(EVENTS);
    expect(Math.max(...sizes.map(([fields]) => fields))).toBeLessThanOrEqual(8);
    // Redis takes whole blocks, and a little for each field.
    expect(Math.max(...sizes.map(([, bytes]) => bytes))).toBeLessThan(MAX_BYTES + 4_096);
    expect([await redis.exists(keys.contextQueue(id)), await redis.zcard(keys.contexts)]).toEqual([0, 1]);
  });
});
