import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { waitUntil } from '@millrace/testing';
import { settingsFor, startCommand } from '../system/command.js';
import { SHORT_TIMES, System } from '../system/system.js';
import { loadWrittenProcesses, type WrittenProcesses } from '../system/written-processes.js';

const CONSUMERS = 3;
const root = fileURLToPath(new URL('../..', import.meta.url));

let system: System;
let scripts: WrittenProcesses;
let dir: string;
let processes: string;
let redisPid: number;
const over = new AbortController();

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'millrace-verify-'));
  processes = join(dir, 'processes.json');
  scripts = await loadWrittenProcesses();
  system = await System.start(CONSUMERS, { env: SHORT_TIMES, modelScripts: join(root, 'config/scripted-model.yaml') });
  redisPid = Number(/^process_id:(\d+)/m.exec(await system.redis.info('server'))?.[1]);
  rememberRunning();
});

afterAll(async () => {
  over.abort();
  await system.stop();
  await rm(dir, { recursive: true, force: true });
});

function runningConsumers(): readonly number[] {
  return system.consumers.map(({ pid }) => pid).filter((pid) => scripts.processIdentity(pid) !== undefined);
}

function rememberRunning(): void {
  const consumers = runningConsumers().map((pid, at) => ({ name: `consumer-${at + 1}`, pid }));
  scripts.rememberProcesses(processes, [...consumers, { name: 'redis', pid: redisPid }]);
}

/** Starts consumers in place of killed ones, as `npm start` would, until the command has ended. */
async function keepConsumersRunning(command: Promise<unknown>): Promise<void> {
  let hasEnded = false;
  const ending = command.finally(() => {
    hasEnded = true;
  });
  for (;;) {
    await waitUntil(() => hasEnded || runningConsumers().length < CONSUMERS, 'a consumer is killed');
    if (hasEnded) break;
    await system.startConsumer();
    rememberRunning();
  }
  await ending;
}

const millrace = (...args: readonly string[]) =>
  startCommand([...args, '--json'], settingsFor(system), over.signal).ended;

const witnesses = () => [
  '--witness',
  ...[...system.clouds.values()].map(({ url }) => url),
  '--model',
  String(system.modelUrl),
];

interface ReportBody {
  readonly verdict: unknown;
  readonly routes: readonly { route: { name: string }; verdict: unknown; findings: readonly unknown[] }[];
  readonly run: readonly unknown[];
  readonly faults: readonly { kind: string; hits: number }[];
}

describe('millrace verify', () => {
  it('finds every guarantee kept while consumers are killed, Redis is frozen and answers are cut', async () => {
    const what = ['--duration', '8s', '--rate', '40', '--seed', '7', '--min-hits', '2'];
    const ended = millrace('verify', ...what, '--processes', processes, ...witnesses());
    await keepConsumersRunning(ended);
    const { code, out, notes } = await ended;
    expect(notes).toContain('seed 7');
    const report = JSON.parse(out) as ReportBody;
    const broken = report.routes.flatMap(({ findings }) => findings).filter((one) => !isTrue(one));
    expect(broken).toEqual([]);
    expect({ code, verdict: report.verdict }).toEqual({ code: 0, verdict: true });
    expect(report.routes.map(({ route }) => route.name)).toEqual([
      'at-least-once',
      'effectively-once',
      'at-most-once',
      'agent',
    ]);
    expect(report.faults.map(({ kind }) => kind).sort()).toEqual(['cut', 'delay', 'duplicate', 'freeze', 'kill']);
    expect(await system.deadLetters()).toBe(0);
  });

  it('says unknown and exits 2 when fewer kills hit work in flight than were asked for', async () => {
    const what = ['--duration', '2s', '--rate', '10', '--faults', 'kill', '--min-hits', '1000'];
    const ended = millrace('verify', ...what, '--processes', processes, ...witnesses());
    await keepConsumersRunning(ended);
    const { code, out } = await ended;
    const report = JSON.parse(out) as ReportBody;
    expect({ code, verdict: report.verdict }).toEqual({ code: 2, verdict: 'unknown' });
    expect(report.run).toContainEqual(expect.objectContaining({ rule: 'kill-hit', verdict: 'unknown' }));
  });

  it('exits 3 when there is no witness where it was said to be', async () => {
    const { code, notes } = await millrace('verify', '--witness', system.producer.url);
    expect(code).toBe(3);
    expect(notes).toContain(system.producer.url);
  });
});

describe('millrace events', () => {
  it('sends an event and prints its record', async () => {
    const data = '{"orderId":"cli-1","total":12.50}';
    const { code, out } = await millrace('events', 'send', 'com.shop.order.charged', '--data', data, '--wait', '20');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ state: 'done', routes: [{ id: 'confirm-order', state: 'done' }] });
    expect(out).toContain(data);
  });
});

function isTrue(finding: unknown): boolean {
  return (finding as { verdict: unknown }).verdict === true;
}
