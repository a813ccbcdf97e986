import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createLogger, type Logger } from '@millrace/runtime';
import {
  beginChange,
  completeChange,
  createPartitionsAppender,
  openPartitions,
  type Partitions,
  readWholeRecord,
  sampleStream,
} from '@millrace/stream-client';
import { type RedisServer, startRedisServer, waitUntil } from '@millrace/testing';
import { anEvent, ok, ScriptedTools, someRoutes, startConsuming, type TestConsumer } from './start-consuming.js';

const ROUTES = someRoutes(`
routes:
  - id: ship
    on: { type: order.paid }
    call: { server: aws, tool: ship }
    with: '{ "n": data.n }'
    ordered: { by: subject }
  - id: note
    on: { type: order.paid }
    call: { server: aws, tool: note }
    with: '{ "n": data.n }'
`);

let server: RedisServer;
let partitions: Partitions;
let consumer: TestConsumer | undefined;
const opened: Partitions[] = [];

async function open(): Promise<Partitions> {
  const one = await openPartitions({ redisUrl: server.url, namespace: 'test' });
  opened.push(one);
  return one;
}

async function post(n: number): Promise<string> {
  const event = anEvent(`e${n}`, 'order.paid', { n });
  const appender = createPartitionsAppender(partitions, { maxBacklog: 100, deadlineMs: 60_000 });
  const result = await appender.append({ ...event, attributes: { ...event.attributes, subject: 'o1' } });
  if (result.kind !== 'accepted') throw new Error(`the event was ${result.kind}`);
  return result.ref;
}

const isBehind = async (ref: string) =>
  (await readWholeRecord(partitions, ref))?.deliveries.some(({ route, behind }) => route === 'ship' && behind === 0);

async function isAllDone(): Promise<boolean> {
  await partitions.refresh();
  const samples = await Promise.all(partitions.all.map(sampleStream));
  return samples.every(({ backlog, unaccounted }) => backlog === 0 && unaccounted === 0);
}

beforeAll(async () => {
  server = await startRedisServer();
});

afterAll(async () => {
  await server.stop();
});

beforeEach(async () => {
  partitions = await open();
});

afterEach(async () => {
  await consumer?.stop();
  for (const one of opened.splice(0)) await one.close();
});

describe('a partition that is closed to a change that Redis has lost', () => {
  it('holds up nothing but what is in order by the map, in no place of others, until the change is asked for again', async () => {
    const refs = [await post(0), await post(1)];
    const { writes, keys } = partitions.home;
    await writes.run('fence', [keys.events, keys.counters], [2]);
    const tools = new ScriptedTools(() => ok());
    const logger = createLogger('test', 'silent');
    const told: object[] = [];
    logger.warn = ((facts: object) => void told.push(facts)) as Logger['warn'];
    consumer = await startConsuming(await open(), ROUTES, tools, { concurrency: 1, logger });
    for (const ref of refs) await waitUntil(() => isBehind(ref), `${ref} waits`);
    const numbersOf = (name: string) =>
      tools.calls.flatMap(({ tool, arguments: { n } }) => (tool === name ? [Number(n)] : []));
    await waitUntil(() => numbersOf('note').length === 2, 'what is in no order goes on');
    expect(numbersOf('ship')).toEqual([]);
    expect(told.filter((facts) => 'fencedEpoch' in facts)).toEqual([{ partition: 0, epoch: 1, fencedEpoch: 2 }]);
    await beginChange(partitions, 4);
    await completeChange(partitions);
    await waitUntil(isAllDone, 'all is done');
    expect([numbersOf('ship'), numbersOf('note').length]).toEqual([[0, 1], 2]);
  });
});
