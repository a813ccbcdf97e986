import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { runCli } from '@millrace/cli';
import { waitUntil } from '@millrace/testing';
import { System } from '../system/system.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const INCIDENT = '{"title":"down","severity":"high","service":"checkout"}';

let system: System;

beforeAll(async () => {
  system = await System.start(1, { modelScripts: `${root}/config/scripted-model.yaml` });
});

afterAll(() => system.stop());

/** Types a command and reads the screen: the answer, and what stands beside it. */
async function type(...args: readonly string[]): Promise<string> {
  const lines: string[] = [];
  const say = (line: string) => void lines.push(line);
  const config = {
    url: system.producerUrl,
    operatorUrl: system.operator.url,
    witnessUrls: [],
    modelUrl: '',
    apiKey: undefined,
    operatorKey: undefined,
    isLocal: true,
    configDir: `${root}/config`,
    durability: 'fsync',
    partitions: 1,
    environment: {},
  };
  const terminal = { out: say, note: say, progress: () => undefined, ask: async () => undefined };
  const code = await runCli(args, { config, terminal, signal: new AbortController().signal });
  expect([args, code, lines]).toEqual([args, 0, lines]);
  return lines.join('\n');
}

/** Goes on with the command that the screen names. */
function goOn(screen: string, command: RegExp): Promise<string> {
  const [named] = command.exec(screen) ?? [];
  if (named === undefined) throw new Error(`${String(command)} is not on the screen:\n${screen}`);
  return type(...named.split(' '));
}

/** Types a command again until the screen has what is waited for. */
async function typeUntil(screen: RegExp, ...args: readonly string[]): Promise<string> {
  return waitUntil(
    async () => {
      const seen = await type(...args);
      return screen.test(seen) && seen;
    },
    `the screen has ${String(screen)}`,
  );
}

describe('somebody who has never seen it, and types what --help and the screen name', () => {
  it('finds the first steps in --help', async () => {
    const help = await type('--help');
    for (const command of ['events send', 'dead-letters list', 'servers list', 'approvals list', 'doctor'])
      expect(help).toContain(`  ${command} `);
  });

  it('sends an event, and sees what it has caused', async () => {
    const data = '{"orderId":"1001","total":199.5,"sku":"mug","quantity":1}';
    const screen = await type('events', 'send', 'com.shop.order.created', '--data', data, '--wait', '30');
    expect(screen).toMatch(/^score-order +done +1 /m);
    expect(screen).toMatch(/called aws\/risk\.score: done in \d+ ms, answered \{.*"score"/);
    const sent = await type('events', 'send', 'com.shop.order.created', '--data', data);
    expect(await goOn(sent, /events show \S+/)).toContain('com.shop.order.created');
  });

  it('is told why nothing becomes of an event that no route takes', async () => {
    const screen = await type('events', 'send', 'com.shop.order.misspelt', '--wait', '30');
    expect(await goOn(screen, /routes explain \S+/)).toMatch(/score-order +no +/);
  });

  it('finds why one failed, and sends all like it round again', async () => {
    await system.setFaults('azure', [{ kind: 'http-error', tool: 'ticket.open', status: 403 }]);
    for (let n = 0; n < 3; n += 1) await type('events', 'send', 'com.ops.incident.opened', '--data', INCIDENT);
    const list = await typeUntil(/(^\S+\.open-ticket .*\n){3}/m, 'dead-letters', 'list');
    const why = await goOn(list, /dead-letters show \S+/);
    expect(why).toMatch(/^why: TOOL_UNAUTHORIZED: .*'ticket\.open' on server 'azure' was answered HTTP 403$/m);
    expect(why).toMatch(/^called azure\/ticket\.open \{.*"severity":"high"\}: failed/m);
    expect(why).toContain(`data ${INCIDENT}`);
    await system.setFaults('azure', []);
    expect(await goOn(why, /dead-letters redrive --route \S+ --code \S+/)).toBe('done: 3 redriven of 3');
    await system.untilIdle();
    expect(await type('dead-letters', 'list')).not.toContain('open-ticket');
  });

  it('sees which server is slow, and which of its tools', async () => {
    await system.setFaults('gcp', [{ kind: 'delay', tool: 'logs.search', delayMs: 1_200 }]);
    await type('events', 'send', 'com.ops.incident.opened', '--data', INCIDENT, '--wait', '30');
    const slow = /^gcp .* [1-9][\d.]* s /m;
    expect(await typeUntil(slow, 'servers', 'list')).toContain('servers show NAME');
    await typeUntil(/^logs\.search .* [1-9][\d.]* s /m, 'servers', 'show', 'gcp');
    await system.setFaults('gcp', []);
  });

  it('approves a call that waits, having seen exactly what is called', async () => {
    const data = '{"service":"checkout","ticketId":"T-1"}';
    await type('events', 'send', 'com.ops.incident.escalated', '--data', data);
    const list = await typeUntil(/triage-incident/, 'approvals', 'list');
    const question = await goOn(list, /approvals show \S+/);
    expect(question).toContain('asks: May the agent of triage-incident call azure/workload.restart?');
    expect(question).toMatch(/^call: azure\/workload\.restart \{\n {2}"workload": "checkout",$/m);
    const answered = await goOn(question, /approvals approve \S+ --attempt \d+/);
    await system.untilIdle();
    expect(await goOn(answered, /events show \S+/)).toMatch(/called azure\/workload\.restart .*: done/);
  });
});
