import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createTestApp, post as postTo } from './app-parts.js';
import { sendRaw, writeChunks } from './raw-http.js';
import {
  BATCH,
  BINARY,
  event,
  metric,
  post,
  print,
  producer,
  STRUCTURED,
  setThreatStage,
  storesNothing,
} from './threat-stage.js';

/**
 * What strangers may try with what they send, one block each, against a producer that runs by itself. Whatever they try,
 * nothing of it may be stored. What they may try at the door is in `threats-at-the-door.e2e.test.ts`.
 */

setThreatStage();

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
