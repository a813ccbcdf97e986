import { createHash, createHmac } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sleep } from '@millrace/core';
import { type RedisServer, startRedisServer, waitUntil } from '@millrace/testing';
import fc from 'fast-check';
import { createTestApp, post as postTo } from './app-parts.js';
import { type ProducerProcess, startProducer } from './producer-process.js';
import { sendRaw, writeChunks } from './raw-http.js';

/**
 * What strangers may try at the door, one block each, against a producer that runs by itself, with keys, webhooks and the
 * schemas of the demonstration. Whatever they try, nothing of it may be stored.
 */

const digest = (key: string) => createHash('sha256').update(key).digest('hex');
const secrets = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
const KEYS = `
keys:
  - { id: tester, sha256: '${digest('tester')}', types: ['*'] }
  - { id: flooding, sha256: '${digest('flooding')}', types: ['*'], rate: { perSecond: 20 } }
webhooks:
  - id: signed
    secrets: [${secrets.map((secret) => `whsec_${secret.toString('base64')}`).join(', ')}]
    source: /signed
    type: com.signed
`;
const STRUCTURED = 'application/cloudevents+json';
const BATCH = 'application/cloudevents-batch+json';
const BINARY = { 'ce-specversion': '1.0', 'ce-id': 'b', 'ce-source': '/threats', 'ce-type': 't' };

let redis: RedisServer;
let producer: ProducerProcess;
let dir: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'millrace-threats-'));
  await writeFile(join(dir, 'keys.yaml'), KEYS);
  redis = await startRedisServer();
  producer = await startProducer(redis.url, { MILLRACE_KEYS_FILE: join(dir, 'keys.yaml') });
});

afterAll(async () => {
  await producer.stop();
  await redis.stop();
  await rm(dir, { recursive: true });
});

function post(body: string | Buffer, type: string, key = 'tester', more: Record<string, string> = {}) {
  const headers = { 'content-type': type, authorization: `Bearer ${key}`, ...more };
  const bytes = typeof body === 'string' ? body : new Uint8Array(body);
  return fetch(`${producer.url}/v1/events`, { method: 'POST', headers, body: bytes });
}

const event = (id: string, more: object = {}) =>
  JSON.stringify({ specversion: '1.0', id, source: '/threats', type: 't', ...more });

async function metric(name: string): Promise<number> {
  const text = await (await fetch(`${producer.url}/metrics`)).text();
  return Number(new RegExp(`^${name.replace(/[{}"]/g, '\\$&')} (\\S+)$`, 'm').exec(text)?.[1] ?? 0);
}

const accepted = () => metric('millrace_events_accepted_total{result="accepted"}');

/** Runs what must store nothing. */
async function storesNothing(attempt: () => Promise<void>): Promise<void> {
  const before = await accepted();
  await attempt();
  expect(await accepted()).toBe(before);
  expect((await fetch(`${producer.url}/readyz`)).status).toBe(200);
}

const print = (text: string) => process.stdout.write(`${text}\n`);

describe('1 a big body', () => {
  it('is refused with 413 as soon as it is too large, in every mode', () =>
    storesNothing(async () => {
      const large = 'x'.repeat(257 * 1024);
      expect((await post(event('1', { data: large }), STRUCTURED)).status).toBe(413);
      expect((await post(`{"type":"t","data":"${large}"}`, 'application/json')).status).toBe(413);
      expect((await post(large, 'text/plain', 'tester', BINARY)).status).toBe(413);
      expect((await post(`[${event('1', { data: large })}]`, BATCH)).status).toBe(413);
    }));

  it('that never ends is cut off: ten streams of 100 MB leave the memory as it was', () =>
    storesNothing(async () => {
      const before = await metric('process_resident_memory_bytes');
      const head = `POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer tester\r\nContent-Type: ${STRUCTURED}\r\nTransfer-Encoding: chunked\r\n\r\n`;
      const stream = () => sendRaw(producer.url, head, (socket) => writeChunks(socket, 100 * 1024 * 1024));
      const answers = await Promise.all(Array.from({ length: 10 }, stream));
      // Who goes on writing may have the connection reset before the answer is read.
      expect(answers.filter(({ status }) => status !== 413 && status !== undefined)).toEqual([]);
      const grown = ((await metric('process_resident_memory_bytes')) - before) / 1024 / 1024;
      print(
        `10 × 100 MB: ${answers.filter(({ status }) => status === 413).length} × 413, memory +${grown.toFixed(1)} MiB`,
      );
      expect(grown).toBeLessThan(64);
    }));
});

describe('2 a depth bomb', () => {
  const bomb = '['.repeat(100_000);

  it.each([
    ['structured mode', `{"specversion":"1.0","id":"1","source":"/s","type":"t","data":${bomb}`, STRUCTURED, {}],
    ['plain JSON', `{"type":"t","data":${bomb}${']'.repeat(100_000)}}`, 'application/json', {}],
    ['binary mode', `${bomb}${']'.repeat(100_000)}`, 'application/json', BINARY],
    ['a batch', `[{"data":${bomb}${']'.repeat(100_000)}}]`, BATCH, {}],
    ['a batch of nothing but itself', bomb, BATCH, {}],
  ])('is refused with 400 in %s', (_mode, body, type, headers) =>
    storesNothing(async () => {
      expect((await post(body, type, 'tester', headers)).status).toBe(400);
    }),
  );
});

describe('3 a name that reaches the prototype', () => {
  it.each([
    ['__proto__', '{"__proto__":{"polluted":1}}'],
    ['constructor and prototype', '{"constructor":{"prototype":{"polluted":1}}}'],
    ['an escaped name', '{"\\u005f_proto__":{"polluted":1}}'],
    ['a name far inside', '[[{"a":{"__proto__":{"polluted":1}}}]]'],
  ])('is refused with 400: %s', (_name, data) =>
    storesNothing(async () => {
      expect((await post(`{"type":"t","data":${data}}`, 'application/json')).status).toBe(400);
      expect((await post(data, 'application/json', 'tester', BINARY)).status).toBe(400);
      expect(
        (await post(`[{"specversion":"1.0","id":"1","source":"/s","type":"t","data":${data}}]`, BATCH)).status,
      ).toBe(400);
    }),
  );

  it('changes no object of ours, whatever is sent', async () => {
    const { app } = await createTestApp();
    const name = fc.constantFrom('__proto__', 'constructor', 'prototype', '\\u005f_proto__', 'polluted', 'a');
    const { value } = fc.letrec<{ value: string }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 5 },
        fc.constantFrom('1', '"x"', 'null'),
        fc
          .array(fc.tuple(name, tie('value')), { maxLength: 4 })
          .map((members) => `{${members.map(([n, v]) => `"${n}":${v}`).join()}}`),
      ),
    }));
    await fc.assert(
      fc.asyncProperty(value, async (data) => {
        await app.inject(postTo(`{"type":"t","data":${data}}`, { 'content-type': 'application/json' }));
        await app.inject(postTo(data, { ...BINARY, 'content-type': 'application/json' }));
        expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
      }),
      { numRuns: 200 },
    );
  });
});

describe('4 a flood of names', () => {
  it('is refused before it is parsed', () =>
    storesNothing(async () => {
      const names = (count: number) => `{${Array.from({ length: count }, (_, n) => `"k${n}":1`).join()}}`;
      const refused = await post(`{"type":"t","data":${names(12_000)}}`, 'application/json');
      expect(refused.status).toBe(400);
      expect(await refused.json()).toMatchObject({ code: 'EVENT_TOO_DEEP' });
      expect((await post(`{"type":"t","data":${names(60_000)}}`, 'application/json')).status).toBe(413);
    }));
});

describe('5 two readings of one text', () => {
  it('are ruled out: a name that stands twice is refused with 400, however it is escaped', () =>
    storesNothing(async () => {
      const twice = '"specversion":"1.0","source":"/s","type":"t","id":"a"';
      for (const more of ['"id":"b"', '"\\u0069d":"b"', '"type":"u"']) {
        expect((await post(`{${twice},${more}}`, STRUCTURED)).status).toBe(400);
        expect((await post(`[{${twice},${more}}]`, BATCH)).status).toBe(400);
      }
      const twoHeaders = `POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer tester\r\nConnection: close\r\nContent-Length: 0\r\n${Object.entries(
        BINARY,
      )
        .map(([name, value]) => `${name}: ${value}\r\n`)
        .join('')}ce-id: other\r\n\r\n`;
      expect((await sendRaw(producer.url, twoHeaders)).status).toBe(400);
    }));
});

describe('6 a way around the checks', () => {
  const unfit = '{"type":"com.shop.order.created","data":{"total":"1"}}';

  it.each([
    ['application/json\ta', 400, 415],
    [' application/json', 400, 422],
    ['Application/Json ;', 400, 422],
    ['application/json;charset=utf-7', 400, 415],
    ['application/json, application/json', 400, 415],
    ['text/plain', 400, 415],
    ['application/cloudevents+json;', 400, 415],
  ])('is not a content type of "%s"', (type, ...statuses) =>
    storesNothing(async () => {
      const request = `POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer tester\r\nConnection: close\r\nContent-Type:${type}\r\nContent-Length: ${unfit.length}\r\n\r\n${unfit}`;
      const { status } = await sendRaw(producer.url, request);
      expect(statuses).toContain(status);
    }),
  );

  it('is not another mode either', () =>
    storesNothing(async () => {
      const data = { total: '1' };
      const type = 'com.shop.order.created';
      const binary = { ...BINARY, 'ce-type': type };
      expect((await post(event('6', { type, data }), STRUCTURED)).status).toBe(422);
      expect((await post(`[${event('6', { type, data })}]`, BATCH)).status).toBe(422);
      expect((await post(JSON.stringify(data), 'application/json', 'tester', binary)).status).toBe(422);
      expect((await post(JSON.stringify(data), 'text/plain', 'tester', binary)).status).toBe(422);
      const base64 = Buffer.from(JSON.stringify(data)).toString('base64');
      expect((await post(event('6', { type, data_base64: base64 }), STRUCTURED)).status).toBe(422);
    }));
});

describe('7 a request in a request', () => {
  const inner = event('smuggled');
  const second = `POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer tester\r\nContent-Type: ${STRUCTURED}\r\nContent-Length: ${inner.length}\r\n\r\n${inner}`;
  const head = 'POST /v1/events HTTP/1.1\r\nAuthorization: Bearer tester\r\n';

  it.each([
    [
      'two lengths of different kinds',
      `${head}Host: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${second}`,
      400,
    ],
    ['two lengths', `${head}Host: x\r\nContent-Length: 0\r\nContent-Length: ${second.length}\r\n\r\n${second}`, 400],
    ['an unknown encoding', `${head}Host: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${second}`, 400],
    ['a space before a colon', `${head}Host: x\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n${second}`, 400],
    ['bare line feeds', `${head.replaceAll('\r\n', '\n')}Host: x\n\n${second}`, 400],
    ['no host', `${head}\r\n`, 400],
    ['20 KB of headers', `${head}Host: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
  ])('is not read where there is %s', (_what, bytes, status) =>
    storesNothing(async () => {
      expect((await sendRaw(producer.url, bytes)).status).toBe(status);
    }),
  );
});

describe('8 slow senders', () => {
  it('are cut off, and two thousand silent connections keep nobody waiting', () =>
    storesNothing(async () => {
      const startedAt = performance.now();
      const half = `POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer tester\r\nContent-Type: ${STRUCTURED}\r\nContent-Length: 10\r\n\r\n{"`;
      const slow = [
        sendRaw(producer.url, half),
        sendRaw(producer.url, 'POST /v1/events HT'),
        drip(half.replace('10', '1000')),
      ];
      const silent = await openSilent(2_000);
      const askedAt = performance.now();
      expect((await fetch(`${producer.url}/livez`)).status).toBe(200);
      print(`with 2,000 silent connections /livez took ${(performance.now() - askedAt).toFixed(0)} ms`);
      const answers = await Promise.all(slow);
      expect(answers.map(({ status }) => status)).toEqual([408, 408, 408]);
      print(`slow requests were ended after ${((performance.now() - startedAt) / 1_000).toFixed(1)} s`);
      await waitUntil(() => silent.every((socket) => socket.destroyed), 'silent connections are closed');
    }));

  /** One byte a second: never silent, never done. */
  function drip(first: string) {
    return sendRaw(producer.url, first, async (socket) => {
      const dripping = setInterval(() => socket.write(' '), 1_000);
      socket.once('close', () => clearInterval(dripping));
    });
  }

  /** In lots that fit the queue of the kernel: one that overflows it is open here, and unknown to the server for ever. */
  async function openSilent(count: number): Promise<readonly Socket[]> {
    const sockets: Socket[] = [];
    while (sockets.length < count) {
      sockets.push(...(await Promise.all(Array.from({ length: 250 }, openOne))));
      await fetch(`${producer.url}/livez`);
    }
    return sockets;
  }

  function openOne(): Promise<Socket> {
    const { hostname, port } = new URL(producer.url);
    const socket = connect(Number(port), hostname);
    socket.on('error', () => socket.destroy());
    // An end that nobody reads would never come.
    socket.resume();
    return new Promise((resolve) => {
      socket.once('connect', () => resolve(socket));
      socket.once('close', () => resolve(socket));
    });
  }
});

describe('9 forged webhooks', () => {
  const body = '{"type":"paid"}';
  const now = () => Math.floor(Date.now() / 1_000);

  function send(id: string | undefined, timestamp: number, secret = secrets[0], sent = body, signed = body) {
    const signature = createHmac('sha256', secret ?? '')
      .update(`${id}.${timestamp}.${signed}`)
      .digest('base64');
    const headers = {
      'content-type': 'application/json',
      ...(id === undefined ? {} : { 'webhook-id': id }),
      'webhook-timestamp': String(timestamp),
      'webhook-signature': `v1,${signature}`,
    };
    return fetch(`${producer.url}/v1/webhooks/signed`, { method: 'POST', headers, body: sent });
  }

  it.each<[string, () => Promise<Response>]>([
    ['an altered byte', () => send('a', now(), secrets[0], body.replace('paid', 'paix'))],
    ['an added space', () => send('a', now(), secrets[0], `${body} `)],
    ['an old time', () => send('a', now() - 400)],
    ['a future time', () => send('a', now() + 400)],
    ['a missing header', () => send(undefined, now())],
    ['an unknown secret', () => send('a', now(), Buffer.alloc(32, 3))],
    ['a full stop in its id', () => send('a.b', now())],
  ])('are refused with 401: %s', (_what, attempt) =>
    storesNothing(async () => {
      expect((await attempt()).status).toBe(401);
    }),
  );

  it('are told from true ones: either secret is good, and a replayed id is a duplicate with one effect', async () => {
    const before = await accepted();
    const first = await send('true-1', now());
    expect(first.status).toBe(202);
    expect((await send('true-2', now(), secrets[1])).status).toBe(202);
    expect(await (await send('true-1', now() - 10, secrets[1])).json()).toMatchObject({ duplicate: true });
    expect(await accepted()).toBe(before + 2);
  });
});

describe('10 guessed keys', () => {
  it('are refused with 401, whatever their length', () =>
    storesNothing(async () => {
      const keys = [
        'x',
        'teste',
        'tester2',
        'TESTER',
        'x'.repeat(5_000),
        digest('tester'),
        'tester tester',
        '"tester"',
      ];
      for (const key of keys) expect((await post(event('10'), STRUCTURED, key)).status).toBe(401);
      expect((await fetch(`${producer.url}/v1/events/0-1-1`)).status).toBe(401);
    }));

  it('are compared in constant time: no source compares a secret with an operator', () => {
    const folder = join(import.meta.dirname, '../src/access');
    const files = [...readdirSync(folder).map((name) => join(folder, name)), runtimeAccess];
    const secret = '[\\w.]*(?:key|secret|digest|token|signature|expected|presented)\\w*';
    const comparison = new RegExp(`\\b${secret}\\s*[!=]==|[!=]==\\s*${secret}\\b`, 'i');
    // Whether there is one at all, and how long it is, tells nothing.
    const harmless = /[\w.]+ [!=]== undefined|\w+\.length [!=]== \w+\.length/g;
    const isUnsafe = (line: string) => comparison.test(line.replaceAll(harmless, ''));
    const found = files.flatMap((file) => readFileSync(file, 'utf8').split('\n').filter(isUnsafe));
    expect(found).toEqual([]);
    expect(isUnsafe('if (presented === apiKey) return')).toBe(true);
    expect(files.some((file) => readFileSync(file, 'utf8').includes('timingSafeEqual(key.digest, digest)'))).toBe(true);
  });

  const runtimeAccess = join(import.meta.dirname, '../../../packages/runtime/src/access.ts');
});

describe('11 a flood from one sender', () => {
  it('is refused with 429 and Retry-After past its rate, while every event of another is accepted', async () => {
    await postInTurn('warm', 50);
    const alone = await postInTurn('alone', 200);
    const stop = new AbortController();
    const flooding = keepFlooding(stop.signal);
    const beside = await postInTurn('beside', 200);
    stop.abort();
    const answers = await flooding;
    const refused = answers.filter(({ status }) => status === 429);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202, 429]));
    expect(refused.length).toBeGreaterThan(100);
    for (const answer of refused) expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    for (const share of [0.5, 0.99]) {
      const [before, during] = [percentile(alone, share), percentile(beside, share)];
      const figures = `${before.toFixed(1)} ms alone, ${during.toFixed(1)} ms beside the flood`;
      print(`another sender's posts, p${100 * share}: ${figures}, ratio ${(during / before).toFixed(2)}`);
    }
  });

  /**
   * Sends fifteen times what its rate allows, most of which is refused, until it is told to stop. No more: sender and
   * measurement share a process, and it is the producer that is to be measured.
   */
  async function keepFlooding(signal: AbortSignal): Promise<readonly Response[]> {
    const answers: Response[] = [];
    const floodOnce = async (lane: number) => {
      for (let n = 0; !signal.aborted; n += 1) {
        answers.push(await post(event(`flood-${lane}-${n}`), STRUCTURED, 'flooding'));
        await answers.at(-1)?.arrayBuffer();
        await sleep(50, signal);
      }
    };
    await Promise.all(Array.from({ length: 16 }, (_, lane) => floodOnce(lane)));
    return answers;
  }

  /** Posts one after another, each of which must be accepted; returns how long each took, in ms. */
  async function postInTurn(name: string, count: number): Promise<readonly number[]> {
    const times: number[] = [];
    for (let n = 0; n < count; n += 1) {
      const startedAt = performance.now();
      expect((await post(event(`${name}-${n}`), STRUCTURED)).status).toBe(202);
      times.push(performance.now() - startedAt);
    }
    return times;
  }

  function percentile(times: readonly number[], share: number): number {
    return times.toSorted((a, b) => a - b)[Math.ceil(share * times.length) - 1] ?? 0;
  }
});
