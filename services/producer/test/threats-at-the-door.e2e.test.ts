import { createHmac } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { sleep } from '@millrace/core';
import { waitUntil } from '@millrace/testing';
import { sendRaw } from './raw-http.js';
import {
  accepted,
  digest,
  event,
  post,
  print,
  producer,
  STRUCTURED,
  secrets,
  setThreatStage,
  storesNothing,
} from './threat-stage.js';

/**
 * What strangers may try at the door, one block each, against a producer that runs by itself. Whatever they try, nothing of
 * it may be stored. What they may try with what they send is in `threats-in-bodies.e2e.test.ts`.
 */

setThreatStage();

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
    const answers: Response[] = [];
    const refused = () => answers.filter(({ status }) => status === 429);
    const flooding = keepFlooding(answers, stop.signal);
    const beside = await postInTurn('beside', 200);
    await waitUntil(() => refused().length > 100, 'a hundred are refused');
    stop.abort();
    await flooding;
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202, 429]));
    for (const answer of refused()) expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
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
  async function keepFlooding(answers: Response[], signal: AbortSignal): Promise<void> {
    const floodOnce = async (lane: number) => {
      for (let n = 0; !signal.aborted; n += 1) {
        const answer = await post(event(`flood-${lane}-${n}`), STRUCTURED, 'flooding');
        await answer.arrayBuffer();
        answers.push(answer);
        await sleep(50, signal);
      }
    };
    await Promise.all(Array.from({ length: 16 }, (_, lane) => floodOnce(lane)));
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
