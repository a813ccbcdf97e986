import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { EXIT } from '../src/errors.js';
import { runCli } from '../src/program.js';
import { FakeService } from './fake-service.js';

const ROUTES = `
routes:
  - id: score
    on: { type: com.shop.order.created }
    when: event.data.total > 100
    call: { server: aws, tool: risk.score }
    with: '{ "orderId": data.orderId, "total": data.total }'
  - id: broken
    on: { type: com.shop.order.created }
    call: { server: aws, tool: risk.score }
    with: '{ "total": $number(data.orderId) }'
  - id: other
    on: { prefix: { type: com.ops. } }
    handler: handlers/other.ts
`;

let dir: string;
let producer: FakeService | undefined;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'millrace-routes-'));
  await put('routes.yaml', ROUTES);
  await put('servers.yaml', 'servers: { aws: { url: http://127.0.0.1:1/mcp } }');
});

afterEach(async () => {
  await Promise.all([producer?.stop(), rm(dir, { recursive: true })]);
  producer = undefined;
});

const put = (name: string, text: string) => writeFile(join(dir, name), text);

async function run(...args: string[]) {
  const out: string[] = [];
  const notes: string[] = [];
  const terminal = {
    out: (line: string) => void out.push(line),
    note: (line: string) => void notes.push(line),
    progress: () => {},
    ask: async () => undefined,
  };
  const url = producer?.url ?? 'http://127.0.0.1:1';
  const nobody = {
    url,
    operatorUrl: url,
    witnessUrls: [],
    modelUrl: '',
    apiKey: undefined,
    operatorKey: undefined,
    isLocal: false,
  };
  const config = { ...nobody, configDir: dir, durability: 'fsync', partitions: 1, environment: {} };
  const code = await runCli(['routes', ...args], { config, terminal, signal: new AbortController().signal });
  return { code, out: out.join('\n'), notes: notes.join('\n') };
}

const order = (total: number) => JSON.stringify({ type: 'com.shop.order.created', data: { orderId: 'o-1', total } });

describe('routes check --partitions', () => {
  const check = (...more: string[]) => run('check', '--servers', 'none', '--json', ...more);

  it('refuses what several partitions would split, as the consumer does, and nothing of it where there is one', async () => {
    const route = (type: string) =>
      `on: { type: ${type} }\n    call: { server: aws, tool: risk.score }\n    with: '{}'`;
    const agent = (type: string) =>
      `on: { type: ${type} }\n    agent: { tools: [aws/a], instructions: Help., context: subject }`;
    const bySubject = `  - id: by-subject\n    ${route('u')}\n    ordered: subject\n`;
    const together = `  - id: together\n    ${agent('v')}\n    ordered: subject\n`;
    const apart = `  - id: apart\n    ${agent('w')}\n    ordered: partitionkey\n`;
    await put('routes.yaml', `routes:\n${bySubject}${together}${apart}  - id: agent\n    ${agent('x')}\n`);
    expect(JSON.parse((await check()).out).problems).toEqual([]);
    const { code, out } = await check('--partitions', '4');
    expect(code).toBe(EXIT.no);
    expect(JSON.parse(out).problems).toEqual([
      expect.objectContaining({
        pointer: '/routes/2/agent/context',
        detail: 'agent.context subject cannot be kept',
        mend: expect.stringContaining('there are 4 partitions'),
      }),
    ]);
    expect((await check('--partitions', '0')).code).toBe(EXIT.unusable);
  });
});

describe('routes test', () => {
  it('says which routes match and why not, with what arguments, and that an expression fails', async () => {
    await put('event.json', order(150));
    const { code, out } = await run('test', join(dir, 'event.json'), '--json');
    expect(JSON.parse(out)).toEqual({
      routes: [
        {
          route: 'score',
          kind: 'call',
          target: { server: 'aws', tool: 'risk.score' },
          arguments: { orderId: 'o-1', total: 150 },
        },
        { route: 'broken', kind: 'failed', at: 'with', why: expect.stringMatching(/number.*o-1/) },
        {
          route: 'other',
          kind: 'no-match',
          because: 'on',
          why: 'type is com.shop.order.created, which does not begin with com.ops.',
        },
      ],
    });
    expect(code).toBe(EXIT.no);
  });

  it('says that a condition is false', async () => {
    await put('event.json', order(50));
    expect((await run('test', join(dir, 'event.json'))).out).toMatch(/score +.*no.* +`when` is false/);
  });

  it('exits 0 when a route takes the event and none fails on it', async () => {
    await put('event.json', '{ "type": "com.ops.incident", "data": {} }');
    const { code, out } = await run('test', join(dir, 'event.json'));
    expect(out).toMatch(/runs handlers\/other\.ts/);
    expect(code).toBe(EXIT.ok);
  });

  it('exits 3 for a file that is no event, naming what is wrong', async () => {
    await put('event.json', '{ "type": 5 }');
    const { code, notes } = await run('test', join(dir, 'event.json'));
    expect(notes).toMatch(/is not an event[\s\S]*\/type must be string/);
    expect(code).toBe(EXIT.unusable);
  });
});

describe('routes explain', () => {
  it('says what the record says, and of the other routes why the event did not take them', async () => {
    const event = { specversion: '1.0', id: 'e', source: '/s', ...(JSON.parse(order(50)) as object) };
    const routes = [
      { id: 'broken', state: 'dead', reason: 'expression-failed' },
      { id: 'gone', state: 'done' },
    ];
    const record = { ref: '0-1-0', state: 'dead', event, routes };
    producer = await FakeService.start(() => ({ status: 200, body: record }));
    const { code, out } = await run('explain', '0-1-0');
    expect(code).toBe(EXIT.ok);
    expect(out).toMatch(/broken +yes +dead, expression-failed/);
    expect(out).toMatch(/gone +yes +done, not in the configuration any more/);
    expect(out).toMatch(/score +no +`when` is false/);
    expect(out).toMatch(/other +no +type is com\.shop/);
  });
});

describe('routes check', () => {
  const oneRoute = (tool: string) =>
    put('routes.yaml', `routes: [{ id: r, on: { type: a }, call: { server: aws, tool: ${tool} }, with: '{}' }]`);

  it('exits 2 and names the server when it does not answer, since its calls could not be checked', async () => {
    await oneRoute('t');
    const { code, out } = await run('check');
    expect(out).toMatch(/calls to aws were not checked/);
    expect(code).toBe(EXIT.unknown);
  });

  it('exits 3 when there is no such folder', async () => {
    const { code, notes } = await run('check', '--config', join(dir, 'nowhere'));
    expect(notes).toMatch(/cannot read .*(?:servers|routes)\.yaml/);
    expect(code).toBe(EXIT.unusable);
  });
});
