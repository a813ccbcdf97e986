import { hash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  contextIdOf,
  createGroup,
  createSettler,
  type DeliveryDetail,
  type Entry,
  enterContext,
  openBlockingSource,
} from '@millrace/stream-client';
import { type RedisServer, startRedisServer, waitUntil } from '@millrace/testing';
import { loadConfig } from '../src/config.js';
import { append, openTestOperator, ROUTE } from './open-test-operator.js';

const CANARY = 'canary-4111-1111';
const DATA = JSON.stringify({ card: { number: CANARY, month: 7 }, total: 5 });
const KEYS = `keys:
  - { name: night-shift, role: operator, sha256: "${hash('sha256', 'steers', 'hex')}" }
  - { name: wall-screen, role: viewer, sha256: "${hash('sha256', 'looks', 'hex')}" }
`;
const ROUTES = `routes:
  - id: pay
    on: { type: com.test.happened }
    call: { server: aws, tool: card.pay }
    with: '{ "pan": data.card.number, "total": data.total }'
`;

let redis: RedisServer;
let folder: string;
let strict: Awaited<ReturnType<typeof openTestOperator>>;
let lenient: Awaited<ReturnType<typeof openTestOperator>>;
const ids = { done: '', dead: '', parked: '', context: '' };

beforeAll(async () => {
  redis = await startRedisServer();
  folder = await mkdtemp(join(tmpdir(), 'millrace-redaction-'));
  await writeFile(join(folder, 'servers.yaml'), 'servers:\n  aws: { url: "http://aws.test/mcp" }\n');
  await writeFile(join(folder, 'routes.yaml'), ROUTES);
  const open = (more: Record<string, string>) => {
    const settings = { MILLRACE_OPERATOR_KEYS: KEYS, MILLRACE_REDACT: 'com.test.*: data.card.number', ...more };
    const { keys, redaction } = loadConfig(settings);
    return openTestOperator(redis.url, { configDir: folder, keys, redaction });
  };
  strict = await open({});
  lenient = await open({ MILLRACE_REDACT_FROM: 'viewers' });
  await createGroup(strict.stream);
  await makeWork();
});

afterAll(async () => {
  await strict.close();
  await lenient.close();
  await redis.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Settles the delivery of a new event that has the canary in it, and in all that was made of it. */
async function settle(id: string, state: 'done' | 'dead' | 'parked', more: Partial<DeliveryDetail> = {}) {
  const { stream } = strict;
  await append(stream, id, DATA);
  const entry = await readNext();
  const called = { server: 'aws', tool: 'card.pay', arguments: { pan: CANARY } };
  const effect = { step: '0', state: 'failed', target: called, error: { code: 'X', message: `no ${CANARY}` } };
  const detail = { version: 'v1', effects: [effect, { step: '1', result: { text: `paid ${CANARY}` } }], ...more };
  const outcome = {
    route: ROUTE,
    state,
    attempt: 1,
    detail,
    ...(state === 'parked' ? { delayMs: 60_000, unsent: 1 } : {}),
  };
  await createSettler(stream, 'me').settle({ entry, routes: [ROUTE], outcomes: [outcome as never] });
  return entry.ref;
}

async function readNext(): Promise<Entry> {
  const source = await openBlockingSource(strict.stream, 'me', 50);
  const [entry] = await source.read(1);
  await source.close();
  if (entry?.kind !== 'entry') throw new Error('there is nothing to read');
  return entry;
}

async function makeWork(): Promise<void> {
  ids.done = await settle('done', 'done', { result: [{ text: `paid with ${CANARY}` }] });
  const error = { code: 'TOOL_FAILED', message: `card ${CANARY} was refused` };
  ids.dead = `${await settle('dead', 'dead', { reason: 'refused', error })}.${ROUTE}`;
  const requests = { sure: { method: 'elicitation/create', params: { message: `Pay with ${CANARY}?` } } };
  const asks = { attempt: 1, step: '0', server: 'aws', tool: 'card.pay', requests, arguments: { pan: CANARY } };
  ids.parked = `${await settle('parked', 'parked', { asks })}.${ROUTE}`;
  ids.context = await remember();
}

async function remember(): Promise<string> {
  const { stream } = strict;
  await append(stream, 'context', DATA);
  const entry = await readNext();
  const name = { route: ROUTE, name: 'ada' };
  await enterContext(stream, { ref: entry.ref, seq: entry.seq, keepMs: 60_000, ...name });
  const leaves = { id: contextIdOf(name), keepMs: 60_000, memory: JSON.stringify({ text: `card ${CANARY}` }) };
  const outcomes = [
    { route: ROUTE, state: 'done', attempt: 1, detail: { version: 'v1', effects: [] }, leaves },
  ] as const;
  await createSettler(stream, 'me').settle({ entry, routes: [ROUTE], outcomes });
  return leaves.id;
}

function ask(operator: typeof strict, url: string, key: string, payload?: object) {
  const headers = { authorization: `Bearer ${key}` };
  return operator.app.inject({
    method: payload === undefined ? 'GET' : 'POST',
    url,
    headers,
    ...(payload === undefined ? {} : { payload }),
  });
}

/** Everything that shows what is in an event, or what was made of it. */
const views = () => [
  `/v1/events/${ids.done}`,
  `/v1/events/${ids.dead.split('.')[0]}`,
  '/v1/dead-letters',
  `/v1/dead-letters/${ids.dead}`,
  '/v1/approvals',
  `/v1/approvals/${ids.parked}`,
  `/v1/contexts/${ids.context}`,
  '/v1/events',
  '/v1/contexts',
  '/v1/audit',
  '/v1/routes',
];

const SHOWING = 7;

describe('MILLRACE_REDACT', () => {
  it('hides a value at a path from everybody, wherever it went from there', async () => {
    for (const url of views()) {
      const { statusCode, body } = await ask(strict, url, 'steers');
      expect([url, statusCode, body.includes(CANARY)]).toEqual([url, 200, false]);
    }
    const record = (await ask(strict, `/v1/events/${ids.done}`, 'steers')).json();
    expect(record).toMatchObject({
      event: { data: { card: { number: '[redacted]', month: 7 }, total: 5 } },
      routes: [
        { result: [{ text: 'paid with [redacted]' }], effects: [{ target: { arguments: { pan: '[redacted]' } } }, {}] },
      ],
    });
    const letter = (await ask(strict, `/v1/dead-letters/${ids.dead}`, 'steers')).json();
    expect(letter.error.message).toBe('card [redacted] was refused');
  });

  it('with MILLRACE_REDACT_FROM=viewers hides it from those, and shows it to who may steer', async () => {
    const [shown, ...none] = [views().slice(0, SHOWING), views().slice(SHOWING)];
    for (const url of views()) expect((await ask(lenient, url, 'looks')).body).not.toContain(CANARY);
    for (const url of shown) expect((await ask(lenient, url, 'steers')).body).toContain(CANARY);
    for (const url of none.flat()) expect((await ask(lenient, url, 'steers')).body).not.toContain(CANARY);
  });

  it('lets nobody find by its words what they are not shown', async () => {
    const found = async (operator: typeof strict, url: string, key: string) =>
      ((await ask(operator, url, key)).json().items as object[]).length;
    const word = 'text=CANARY-4111';
    for (const path of ['events', 'dead-letters']) {
      expect(await found(strict, `/v1/${path}?${word}`, 'steers')).toBe(0);
      expect(await found(lenient, `/v1/${path}?${word}`, 'looks')).toBe(0);
      expect(await found(lenient, `/v1/${path}?${word}`, 'steers')).toBeGreaterThan(0);
      expect(await found(strict, `/v1/${path}?text=redacted`, 'steers')).toBeGreaterThan(0);
    }
    expect(await found(strict, `/v1/events?source=/test&id=done&${word}`, 'steers')).toBe(0);
    const count = { filter: { text: CANARY }, dryRun: true };
    expect((await ask(strict, '/v1/dead-letters/redrives', 'steers', count)).json()).toMatchObject({ matched: 0 });
    expect((await ask(lenient, '/v1/dead-letters/redrives', 'steers', count)).json()).toMatchObject({ matched: 1 });
  });

  it('hides it in what a route would do', async () => {
    const answer = await ask(strict, '/v1/routes/pay/try', 'looks', { ref: ids.done });
    expect(answer.json()).toMatchObject({ kind: 'call', arguments: { pan: '[redacted]', total: 5 } });
  });

  it('sends what is hidden again as it was, also in an edit, and shows it to nobody by that', async () => {
    const replay = async (edit: object) =>
      (await ask(strict, `/v1/events/${ids.done}/replay`, 'steers', edit)).json() as { ref: string; edited: string[] };
    const card = { number: '[redacted]', month: 8 };
    const { ref, edited } = await replay({ data: { card, total: 6 } });
    expect(edited).toEqual(['data']);
    expect((await readNext()).event.data?.bytes.toString()).toBe(
      JSON.stringify({ card: { number: CANARY, month: 8 }, total: 6 }),
    );
    expect((await ask(strict, `/v1/events/${ref}`, 'steers')).body).not.toContain(CANARY);
    expect((await replay({ data: { card: { number: '[redacted]', month: 7 }, total: 5 } })).edited).toEqual([]);
    expect(await replay({ data: { other: '[redacted]' } })).toMatchObject({ status: 400, code: 'EDIT_HAS_MARKS' });
    expect(await replay({ type: 'org.elsewhere' })).toMatchObject({ status: 403, code: 'WOULD_UNCOVER' });
    expect(await replay({ type: 'org.elsewhere', data: { card } })).toMatchObject({
      status: 403,
      code: 'WOULD_UNCOVER',
    });
    // Whoever says all data themselves is not told whether they have guessed what is hidden.
    for (const number of [CANARY, 'guessed'])
      expect(await replay({ type: 'org.elsewhere', data: { card: { number } } })).toMatchObject({
        edited: ['type', 'data'],
      });
  });

  it('runs a job over what its owner has counted, and over nothing else', async () => {
    const order = { filter: { text: 'was refused' } };
    const started = (await ask(strict, '/v1/dead-letters/redrives', 'steers', order)).json() as { job: string };
    await waitUntil(async () => {
      const job = (await ask(strict, `/v1/dead-letters/redrives/${started.job}`, 'steers')).json();
      return job.state === 'done' && job.redriven === 1;
    }, 'the letter is redriven');
  });

  it('is not taken where it cannot be read', () => {
    expect(() => loadConfig({ MILLRACE_REDACT: 'card.number' })).toThrow(/MILLRACE_REDACT: "card.number"/);
    expect(() => loadConfig({ MILLRACE_REDACT_FROM: 'somebody' })).toThrow(/MILLRACE_REDACT_FROM/);
  });
});
