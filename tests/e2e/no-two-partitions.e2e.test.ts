import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startRedisServer, waitUntil } from '@millrace/testing';
import { listNames } from '../architecture/repository.js';
import { runCommand, settingsFor } from '../system/command.js';
import { type PartitionWatch, type Touched, watchPartitions } from '../system/partition-watch.js';
import { SHORT_TIMES, System } from '../system/system.js';
import { follow, SERVERS } from './five-calls.js';
import { keyIn, numbers, PARTITIONS } from './four-partitions.js';

const ROUTES = `
routes:
  - id: begin
    on: { type: com.test.begun }
    call: { server: aws, tool: notify.email }
    with: '{ "eventId": id, "to": "someone@shop.example", "subject": "step" }'
    ordered: subject
    retry: { attempts: 5, initial: 50ms, max: 200ms }
    emit: { type: com.test.followed, partitionkey: data.next, data: '{ "eventId": id }' }
  - id: follow
    on: { type: com.test.followed }
    call: { server: azure, tool: ticket.open }
    with: '{ "eventId": data.eventId, "title": "step", "severity": "low" }'
    delivery: effectively-once
    idempotency: key
    ordered: partitionkey
  - id: once
    on: { type: com.test.begun }
    call: { server: aws, tool: audit.write }
    with: '{ "eventId": id, "action": "begun" }'
    delivery: at-most-once
  - id: print
    on: { type: com.test.print }
    call: { server: gcp, tool: label.print }
    with: '{ "eventId": id, "orderId": id }'
    ordered: subject
    retry: { attempts: 1 }
  - id: print-later
    on: { type: com.test.print-later }
    call: { server: gcp, tool: label.print }
    with: '{ "eventId": id, "orderId": id }'
    retry: { attempts: 5, initial: 10m, max: 10m }
  - id: refund
    on: { type: com.test.refund }
    call: { server: azure, tool: card.refund }
    with: '{ "eventId": id, "orderId": id, "total": data.total }'
    delivery: effectively-once
    idempotency: key
`;
/** What is remembered of a conversation stays where it is: no such route may be there while partitions are added. */
const TALK = `  - id: talk
    on: { type: com.test.said }
    agent: { tools: [], instructions: Answer., trust: anonymous, context: subject }
`;
const MODELS = `
models:
  default: { url: '\${MODEL_URL}', model: scripted }
`;
/** One of the servers is called at a rate that all consumers keep to together. */
const RATED = SERVERS.replace('aws: {', 'aws: { rate: { calls: 1000, per: 1s, burst: 100 },');
const CONFIG = join(import.meta.dirname, '../../config');

let watch: PartitionWatch;
let system: System;

beforeAll(async () => {
  const redis = await startRedisServer();
  watch = await watchPartitions(redis.url);
  system = await System.start(2, {
    redis,
    config: { 'routes.yaml': ROUTES + TALK, 'models.yaml': MODELS, 'servers.yaml': RATED },
    env: { ...SHORT_TIMES, MILLRACE_PARTITIONS: `${PARTITIONS}`, MILLRACE_DRAIN_MS: '200' },
    modelScripts: join(CONFIG, 'scripted-model.yaml'),
  });
}, 60_000);

afterAll(async () => {
  watch?.close();
  await system?.stop();
});

async function millrace(...args: readonly string[]) {
  const { code, out, notes } = await runCommand([...args, '--json'], settingsFor(system));
  if (code !== 0) throw new Error(`millrace ${args.join(' ')} ended with ${code}: ${notes}`);
  return JSON.parse(out);
}

/** Posts an event that is accepted in one partition and whose order is kept in another. Resolves with its ref. */
async function post(type: string, id: string, home: number, subjectHome = home, more: object = {}): Promise<string> {
  const keys = { partitionkey: keyIn(home), subject: keyIn(subjectHome) };
  const { status, body } = await system.post({ type, id, ...keys, data: {}, ...more });
  expect([id, status]).toEqual([id, 202]);
  return body.ref;
}

const pairs = numbers(PARTITIONS).flatMap((home) => numbers(PARTITIONS).map((other) => [home, other] as const));
const isOneOf = (...states: readonly string[]) => {
  return async (ref: string) => states.includes((await system.record(ref)).routes[0]?.state ?? '');
};

async function untilEach(refs: readonly string[], is: (ref: string) => Promise<boolean>): Promise<void> {
  for (const ref of refs) await waitUntil(() => is(ref), `${ref} has come so far`);
}

/** From every partition, in order by keys of every other, with follow-ups in every other; some calls fail at first. */
async function carryOn(prefix: string): Promise<void> {
  await system.setFaults('aws', [{ tool: 'notify.email', kind: 'error', times: 4, eventIdPrefix: `${prefix}-1` }]);
  await Promise.all(
    pairs.map(([home, other]) => {
      const next = keyIn((other + 1) % PARTITIONS);
      return post('com.test.begun', `${prefix}-${home}-${other}`, home, other, { data: { next } });
    }),
  );
  await system.untilIdle(60_000);
}

/** Dead letters of deliveries that had moved, and all that somebody can do about them. */
async function dieAndBeRedriven(): Promise<void> {
  await system.setFaults('gcp', [{ tool: 'label.print', kind: 'error' }]);
  await Promise.all(pairs.map(([home, other]) => post('com.test.print', `print-${home}-${other}`, home, other)));
  await waitUntil(async () => (await system.deadLetters()) === pairs.length, 'all are dead');
  const { items } = await millrace('dead-letters', 'list');
  const [first, second, third] = items.map(({ id }: { id: string }) => id);
  await millrace('dead-letters', 'show', first);
  await millrace('dead-letters', 'causes');
  await millrace('dead-letters', 'redrive', first);
  await waitUntil(async () => (await system.deadLetters()) === pairs.length, 'it is dead again');
  await millrace('dead-letters', 'resolve', second);
  await millrace('dead-letters', 'discard', third, '--yes');
  await millrace('dead-letters', 'redrive', '--route', 'print', '--rate', '50');
  await waitUntil(async () => (await system.deadLetters()) === pairs.length - 2, 'they are dead again');
  await millrace('dead-letters', 'discard', '--route', 'print', '--yes');
  await system.setFaults('gcp', []);
}

/** What waits: for a retry, for its time, for somebody who has paused it, for a person's answer. */
async function waitAndBeSteered(): Promise<void> {
  await system.setFaults('gcp', [{ tool: 'label.print', kind: 'error', eventIdPrefix: 'later-' }]);
  const later = await Promise.all(numbers(PARTITIONS).map((n) => post('com.test.print-later', `later-${n}`, n)));
  await untilEach(later, isOneOf('retrying'));
  for (const ref of later) await millrace('events', 'cancel', ref);
  await millrace('routes', 'pause', 'print-later');
  const paused: string[] = [];
  // Within a second a consumer may still begin some.
  await waitUntil(async () => {
    paused.push(await post('com.test.print-later', `paused-${paused.length}`, paused.length % PARTITIONS));
    return (await watch.touched()).some(({ name }) => name === 'put-off');
  }, 'what is paused is put off once more');
  await millrace('routes', 'resume', 'print-later');
  await Promise.all(paused.map((ref) => system.untilState(ref, 'done')));
  await millrace('events', 'find', '--type', 'com.test.print');
  const deliverat = new Date(Date.now() + 1_000).toISOString();
  const waiting = numbers(PARTITIONS).map((n) => post('com.test.begun', `at-${n}`, n, n, { deliverat, data: {} }));
  const refunds = await Promise.all(
    pairs.map(([n, m]) => post('com.test.refund', `refund-${n}-${m}`, n, m, { data: { total: 250 } })),
  );
  await untilEach(refunds, isOneOf('parked'));
  for (const ref of refunds) await millrace('approvals', 'answer', `${ref}.refund`, '--accept', '{"approve": true}');
  await Promise.all([...refunds, ...(await Promise.all(waiting))].map((ref) => system.untilState(ref, 'done')));
}

/** Events of one conversation, one after the other, which an agent remembers. */
async function talk(): Promise<void> {
  await follow({ url: system.modelUrl ?? '' }, [{ name: 'any', repeat: true, answers: [{ text: 'so it is' }] }]);
  const refs = await Promise.all(pairs.map(([n, m]) => post('com.test.said', `said-${n}-${m}`, n, m)));
  await Promise.all(refs.map((ref) => system.untilState(ref, 'done')));
  const { items } = await millrace('contexts', 'list');
  for (const { id } of items) await millrace('contexts', 'clear', id);
}

/** One consumer dies while it holds something, the others are stopped while they do; and nobody answers in time. */
async function loseConsumers(): Promise<void> {
  await system.setFaults('azure', [{ tool: 'card.refund', kind: 'delay', delayMs: 2_000 }]);
  let posted = 0;
  const refund = (total: number) =>
    Promise.all(pairs.map(([n, m]) => post('com.test.refund', `lost-${posted++}`, n, m, { data: { total } })));
  // Which consumer takes what is not known, and a slow one may find that others have taken everything.
  const postUntilHeldBy = (consumer: (typeof system.consumers)[number] | undefined) =>
    waitUntil(async () => {
      await refund(20);
      return (await system.heldBy(consumer?.pid ?? 0)) > 0;
    }, 'the one that is to go holds something');
  const victim = system.consumers.shift();
  await postUntilHeldBy(victim);
  await victim?.kill();
  await system.startConsumer();
  const stopping = system.consumers.splice(0);
  await postUntilHeldBy(stopping[0]);
  for (const consumer of stopping) await consumer.stop();
  await system.startConsumer({ MILLRACE_MAX_PARKED_MS: '1000' });
  await untilEach(await refund(250), isOneOf('parked', 'expired'));
  await system.untilIdle(60_000);
}

/** More partitions, and an event that was accepted before, sent again. */
async function haveMorePartitions(): Promise<void> {
  await writeFile(join(system.configDir, 'routes.yaml'), ROUTES);
  const change = ['partitions', 'change', `${2 * PARTITIONS}`, '--yes'];
  const hasChanged = async () => (await runCommand(change, settingsFor(system))).code === 0;
  await waitUntil(hasChanged, 'the consumers have the routes, and the partitions are there', 60_000);
  await carryOn('after');
  const { body } = await system.post({ type: 'com.test.print', id: 'print-0-1', partitionkey: keyIn(0), data: {} });
  await system.record(body.ref);
}

/** What no event leads to within seconds: a consumer that is forgotten after ten minutes, a clock that is set back, a lane that is lost. */
const SELDOM = ['forget-consumer', 'mend-lanes', 'rebase-due', 'rebase-idle'];

describe('a script, and a command', () => {
  it('touches the keys of one partition alone, those that it makes while it runs included, whatever the system does', async () => {
    await carryOn('before');
    await dieAndBeRedriven();
    await waitAndBeSteered();
    await talk();
    await haveMorePartitions();
    await loseConsumers();
    const touched = await watch.touched();
    expect(touched.filter(({ partitions }) => partitions.length > 1)).toEqual([]);
    const names = new Set(touched.map(({ name }) => name));
    const scripts = listNames('packages/stream-client/lua').filter((file) => !file.startsWith('include-'));
    expect(
      scripts.map((file) => file.replace('.lua', '')).filter((name) => !names.has(name) && !SELDOM.includes(name)),
    ).toEqual([]);
    expect(partitionsOf(touched, 'settle').length).toBeGreaterThan(PARTITIONS);
    expect(names).not.toContain('multi');
    console.info(`${touched.length} commands and scripts`);
  }, 300_000);
});

/** All partitions in which a script has been. */
function partitionsOf(touched: readonly Touched[], script: string): readonly string[] {
  return [...new Set(touched.filter(({ name }) => name === script).flatMap(({ partitions }) => partitions))];
}
