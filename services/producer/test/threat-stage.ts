import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from '@jest/globals';
import { type RedisServer, startRedisServer } from '@millrace/testing';
import { type ProducerProcess, startProducer } from './producer-process.js';

export const digest = (key: string) => createHash('sha256').update(key).digest('hex');
export const secrets = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
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
export const STRUCTURED = 'application/cloudevents+json';
export const BATCH = 'application/cloudevents-batch+json';
export const BINARY = { 'ce-specversion': '1.0', 'ce-id': 'b', 'ce-source': '/threats', 'ce-type': 't' };

let redis: RedisServer;
let dir: string;
/** Of the file that called `setThreatStage`; there once its first `beforeAll` hook has run. */
export let producer: ProducerProcess;

/** A producer that runs by itself, with keys, webhooks and the schemas of the demonstration. */
export function setThreatStage(): void {
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
}

export function post(body: string | Buffer, type: string, key = 'tester', more: Record<string, string> = {}) {
  const headers = { 'content-type': type, authorization: `Bearer ${key}`, ...more };
  const bytes = typeof body === 'string' ? body : new Uint8Array(body);
  return fetch(`${producer.url}/v1/events`, { method: 'POST', headers, body: bytes });
}

export const event = (id: string, more: object = {}) =>
  JSON.stringify({ specversion: '1.0', id, source: '/threats', type: 't', ...more });

export async function metric(name: string): Promise<number> {
  const text = await (await fetch(`${producer.url}/metrics`)).text();
  return Number(new RegExp(`^${name.replace(/[{}"]/g, '\\$&')} (\\S+)$`, 'm').exec(text)?.[1] ?? 0);
}

export const accepted = () => metric('millrace_events_accepted_total{result="accepted"}');

/** Runs what must store nothing: not an event is accepted meanwhile, and the producer is well after it. */
export async function storesNothing(attempt: () => Promise<void>): Promise<void> {
  const before = await accepted();
  await attempt();
  expect(await accepted()).toBe(before);
  expect((await fetch(`${producer.url}/readyz`)).status).toBe(200);
}

export const print = (text: string) => process.stdout.write(`${text}\n`);
