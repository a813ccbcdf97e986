import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openStream } from '@millrace/stream-client';
import { type RedisServer, startRedisServer, waitUntil } from '@millrace/testing';
import { CloudEvent, HTTP, type Message } from 'cloudevents';
import { type ProducerProcess, startProducer } from './producer-process.js';

let redis: RedisServer;
let producer: ProducerProcess;

beforeAll(async () => {
  redis = await startRedisServer();
  producer = await startProducer(redis.url);
});

afterAll(async () => {
  redis.thaw();
  await producer.stop();
  await redis.stop();
});

const STREAM = {
  namespace: 'millrace',
  durability: 'fsync',
  clientName: 'test',
  connectTimeoutMs: 10_000,
  identityTtlMs: 3_600_000,
  recordTtlMs: 86_400_000,
} as const;
const CLOUD_EVENT = 'application/cloudevents+json';

function post(body: string | Buffer, headers: Record<string, string> = { 'content-type': CLOUD_EVENT }) {
  return fetch(`${producer.url}/v1/events`, {
    method: 'POST',
    headers,
    body: typeof body === 'string' ? body : new Uint8Array(body),
  });
}

function send({ headers, body }: Message) {
  return post(body as string | Buffer, headers as Record<string, string>);
}

const structured = (id: string, data: unknown = 1) =>
  JSON.stringify({ specversion: '1.0', id, source: '/e2e', type: 't', data });

async function recordOf(ref: string) {
  const answer = await fetch(`${producer.url}/v1/events/${ref}`);
  expect(answer.status).toBe(200);
  const text = await answer.text();
  return { text, record: JSON.parse(text) };
}

async function refOf(answer: Response): Promise<string> {
  expect(answer.status).toBe(202);
  return ((await answer.json()) as { ref: string }).ref;
}

describe('the official CloudEvents client', () => {
  const sent = (id: string) =>
    new CloudEvent({
      id,
      type: 'com.shop.note.written',
      source: '/shop',
      subject: 'o',
      partitionkey: 'p',
      data: { a: 'é' },
    });

  it('posts structured mode, and the record shows the event as it was sent', async () => {
    const event = sent('structured');
    const message = HTTP.structured(event);
    const { text, record } = await recordOf(await refOf(await send(message)));
    const rendered = JSON.stringify(record.event);
    expect(HTTP.toEvent({ headers: { 'content-type': CLOUD_EVENT }, body: rendered })).toEqual(event);
    expect(text).toContain('"data":{"a":"é"}');
  });

  it('posts binary mode, and the record shows the event as it was sent', async () => {
    const event = sent('binary').cloneWith({ datacontenttype: 'application/json' });
    const { record } = await recordOf(await refOf(await send(HTTP.binary(event))));
    expect(HTTP.toEvent({ headers: { 'content-type': CLOUD_EVENT }, body: JSON.stringify(record.event) })).toEqual(
      event,
    );
  });

  it('posts a batch, and each record shows its event as it was sent', async () => {
    const events = [sent('batch-1'), sent('batch-2')];
    const body = `[${events.map((event) => HTTP.structured(event).body).join(',')}]`;
    const answer = await post(body, { 'content-type': 'application/cloudevents-batch+json' });
    expect(answer.status).toBe(202);
    const results = (await answer.json()) as { ref: string }[];
    for (const [index, { ref }] of results.entries()) {
      const { record } = await recordOf(ref);
      const shown = HTTP.toEvent({ headers: { 'content-type': CLOUD_EVENT }, body: JSON.stringify(record.event) });
      expect(shown).toEqual(events[index]);
    }
  });
});

describe('the record', () => {
  it('shows the data byte for byte, in every mode', async () => {
    const data = '{"n": 1.50,\n\t"big":12345678901234567890, "u":"\\u00e9é"}';
    const attributes = '"specversion":"1.0","source":"/bytes","type":"t"';
    const binary = { 'ce-specversion': '1.0', 'ce-id': 'bin', 'ce-source': '/bytes', 'ce-type': 't' };
    const refs = [
      await refOf(await post(`{${attributes},"id":"str","data": ${data} }`)),
      await refOf(await post(data, { ...binary, 'content-type': 'application/json' })),
      await refOf(await post(`{"type":"t","data":${data}}`, { 'content-type': 'application/json' })),
    ];
    for (const ref of refs) expect((await recordOf(ref)).text).toContain(`"data":${data}`);
    const bytes = Buffer.from([0, 255, 10, 13]);
    const ref = await refOf(await post(bytes, { ...binary, 'ce-id': 'raw', 'content-type': 'image/png' }));
    expect((await recordOf(ref)).record.event.data_base64).toBe(bytes.toString('base64'));
  });

  it('is 404 for a ref that was never given', async () => {
    expect((await fetch(`${producer.url}/v1/events/0-1-1`)).status).toBe(404);
  });
});

describe('the same source and id', () => {
  it('is accepted once: the same content is a duplicate with the first ref, other content is 409', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => post(structured('same'))));
    const bodies = (await Promise.all(answers.map((answer) => answer.json()))) as { ref: string; duplicate: boolean }[];
    expect(new Set(bodies.map(({ ref }) => ref)).size).toBe(1);
    expect(bodies.filter(({ duplicate }) => !duplicate)).toHaveLength(1);
    const conflict = await post(structured('same', 'other'));
    expect(conflict.status).toBe(409);
    expect(await conflict.json()).toMatchObject({ code: 'EVENT_CONFLICT', ref: bodies[0]?.ref });
  });
});

describe('a Redis that does not answer', () => {
  async function expectUnavailable(answer: Response) {
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(await answer.json()).toMatchObject({ code: 'STREAM_UNAVAILABLE' });
  }

  it('is answered with 503 while it is frozen, and nothing is half done after the thaw', async () => {
    const stream = await openStream({ ...STREAM, redisUrl: redis.url });
    const before = await stream.redis.xlen(stream.keys.events);
    const bodies = Array.from({ length: 300 }, (_, n) => structured(`frozen-${n}`));
    redis.freeze();
    const frozenAt = performance.now();
    const answers = await Promise.all(bodies.map((body) => post(body)));
    redis.thaw();
    // The promise to senders is three seconds, on a machine that does nothing else.
    console.info(`while it was frozen, 300 answers took ${Math.round(performance.now() - frozenAt)} ms`);
    for (const answer of answers) await expectUnavailable(answer);
    await waitUntil(async () => (await post(bodies[0] ?? '')).status === 202, 'events are accepted again');
    const repeats = await Promise.all(bodies.map((body) => post(body)));
    expect(new Set(repeats.map(({ status }) => status))).toEqual(new Set([202]));
    expect(await stream.redis.xlen(stream.keys.events)).toBe(before + bodies.length);
    await stream.close();
  });

  it('is answered with 503 while it is stopped, and events are accepted again after its restart', async () => {
    const ref = await refOf(await post(structured('before')));
    await redis.kill();
    await expectUnavailable(await post(structured('during')));
    expect((await fetch(`${producer.url}/v1/events/${ref}`)).status).toBe(503);
    await waitUntil(async () => (await fetch(`${producer.url}/readyz`)).status === 503, 'the producer is not ready');
    expect((await fetch(`${producer.url}/livez`)).status).toBe(200);
    await redis.restart();
    await waitUntil(async () => (await post(structured('during'))).status === 202, 'events are accepted again');
    expect((await recordOf(ref)).record.state).toBe('open');
  });
});

describe('the schemas in the configuration folder', () => {
  it('refuse an order that is none, and take one that is', async () => {
    const order = (total: unknown) => JSON.stringify({ type: 'com.shop.order.created', data: { orderId: '1', total } });
    const json = { 'content-type': 'application/json' };
    expect((await post(order(1), json)).status).toBe(202);
    const refused = await post(order('1'), json);
    expect(refused.status).toBe(422);
    expect(await refused.json()).toMatchObject({ errors: [{ pointer: '/data/total', detail: 'must be number' }] });
  });

  it('end the start, with file and reason, when one of them cannot be compiled', async () => {
    const config = await mkdtemp(join(tmpdir(), 'millrace-config-'));
    await mkdir(join(config, 'schemas'));
    await writeFile(join(config, 'schemas', 'com.shop.json'), '{ "$ref": "https://schemas.example/x.json" }');
    try {
      const output: string[] = [];
      const start = startProducer(redis.url, { MILLRACE_CONFIG: config }, (text) => output.push(text));
      await expect(start).rejects.toThrow(/exited with code 1/);
      expect(output.join('')).toMatch(/schemas\/com\.shop\.json:1 .*can't resolve reference https/);
    } finally {
      await rm(config, { recursive: true });
    }
  });
});

describe('a full backlog', () => {
  it('refuses new events with 503 STREAM_BACKLOG_FULL, and still recognises old ones', async () => {
    const small = await startProducer(redis.url, { MILLRACE_NAMESPACE: 'small', MILLRACE_MAX_BACKLOG: '2' });
    try {
      const postSmall = (id: string) =>
        fetch(`${small.url}/v1/events`, {
          method: 'POST',
          headers: { 'content-type': CLOUD_EVENT },
          body: structured(id),
        });
      expect((await postSmall('1')).status).toBe(202);
      expect((await postSmall('2')).status).toBe(202);
      const refused = await postSmall('3');
      expect(refused.status).toBe(503);
      expect(await refused.json()).toMatchObject({ code: 'STREAM_BACKLOG_FULL' });
      expect(await (await postSmall('1')).json()).toMatchObject({ duplicate: true });
    } finally {
      await small.stop();
    }
  });
});

describe('a producer that is told to stop', () => {
  it('answers those who wait, ends open streams and exits 0', async () => {
    const other = await startProducer(redis.url);
    const headers = { 'content-type': CLOUD_EVENT, prefer: 'wait=60' };
    const ref = await refOf(
      await fetch(`${other.url}/v1/events`, {
        method: 'POST',
        headers: { 'content-type': CLOUD_EVENT },
        body: structured('s'),
      }),
    );
    const stream = await fetch(`${other.url}/v1/events/${ref}/stream`);
    const streamText = stream.text();
    const waiting = fetch(`${other.url}/v1/events`, { method: 'POST', headers, body: structured('w') });
    await waitUntil(async () => {
      const metrics = await (await fetch(`${other.url}/metrics`)).text();
      return metrics.includes('millrace_events_accepted_total{result="accepted"} 2');
    }, 'the event of the waiting request is stored');
    expect(await other.stop()).toBe(0);
    expect((await waiting).status).toBe(202);
    expect(await streamText).toContain('"state":"open"');
  });
});
