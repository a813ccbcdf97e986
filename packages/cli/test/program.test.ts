import { afterEach, describe, expect, it } from '@jest/globals';
import { freePort } from '@millrace/testing';
import { EXIT } from '../src/errors.js';
import { runCli } from '../src/program.js';
import { type FakeAnswer, FakeService, type SeenRequest } from './fake-service.js';

let service: FakeService | undefined;

afterEach(() => service?.stop());

const NO_FOLDER = { configDir: 'nowhere', durability: 'fsync', partitions: 1, environment: {} };

async function run(
  args: readonly string[],
  answer: (request: SeenRequest) => FakeAnswer = () => 'reset',
  { url, says }: { readonly url?: string; readonly says?: string } = {},
) {
  await service?.stop();
  service = await FakeService.start(answer);
  const base = url ?? service.url;
  const out: string[] = [];
  const notes: string[] = [];
  const keys = { apiKey: 'sender', operatorKey: 'keeper' };
  const config = { url: base, operatorUrl: base, witnessUrls: [], modelUrl: '', isLocal: false, ...keys, ...NO_FOLDER };
  const terminal = {
    out: (line: string) => void out.push(line),
    note: (line: string) => void notes.push(line),
    progress: () => {},
    ask: async (question: string) => {
      if (says !== undefined) notes.push(question);
      return says;
    },
  };
  const code = await runCli(args, { config, terminal, signal: new AbortController().signal });
  return { code, out: out.join('\n'), notes: notes.join('\n'), seen: service.seen };
}

const accepted = { status: 202, body: { ref: '0-1-0', id: 'a', source: '/s', duplicate: false } };
const notFound = { status: 404, body: { code: 'RECORD_NOT_FOUND', detail: 'no event has this ref' } };

describe('events tail', () => {
  it('tells an event once, also where a stream that is opened again tells it a second time', async () => {
    const event = (ref: string, state: string) => ({ ref, type: 't', acceptedAt: 'now', state, routes: [] });
    const news = (...events: object[]) =>
      events.map((one) => `id: 5-0\nevent: event\ndata: ${JSON.stringify(one)}\n\n`);
    const streams = [news(event('0-1-0', 'open')), news(event('0-1-0', 'open'), event('0-1-0', 'done'))];
    const { out, seen } = await run(['events', 'tail'], () => {
      const stream = streams.shift();
      return stream === undefined ? notFound : { status: 200, body: stream.join('') };
    });
    expect(seen[1]?.headers['last-event-id']).toBe('5-0');
    expect(out.split('\n').map((line) => line.split(/ +/)[1])).toEqual(['open', 'done']);
  });

  it('tells an event that dies, is sent again and dies again each time', async () => {
    const line = (state: string) =>
      `event: event\ndata: ${JSON.stringify({ ref: '0-1-0', type: 't', acceptedAt: 'now', state, routes: [] })}\n\n`;
    const streams = [['dead', 'open', 'dead'].map(line).join('')];
    const { out } = await run(['events', 'tail'], () => {
      const body = streams.shift();
      return body === undefined ? notFound : { status: 200, body };
    });
    expect(out.split('\n').map((told) => told.split(/ +/)[1])).toEqual(['dead', 'open', 'dead']);
  });
});

describe('events send', () => {
  it('posts the data byte for byte, with the key, and prints the ref', async () => {
    const args = ['events', 'send', 'com.shop.order.created', '--id', 'a', '--data', '{"total": 1.50}'];
    const { code, out, seen } = await run(args, () => accepted);
    expect(code).toBe(EXIT.ok);
    expect(out).toContain('0-1-0');
    expect(seen[0]).toMatchObject({ method: 'POST', path: '/v1/events', headers: { authorization: 'Bearer sender' } });
    expect(seen[0]?.body).toBe('{"type":"com.shop.order.created","id":"a","data":{"total": 1.50}}');
  });

  it('prints with --json exactly what the service answered', async () => {
    const { out } = await run(['events', 'send', 't', '--json'], () => ({ status: 202, body: '{"ref": "0-1-0"}' }));
    expect(out).toBe('{"ref": "0-1-0"}');
  });

  it('exits 1 when the event is refused, saying why', async () => {
    const refusal = { status: 422, body: { code: 'EVENT_INVALID', detail: 'no', errors: [{ pointer: '/data' }] } };
    const { code, notes } = await run(['events', 'send', 't'], () => refusal);
    expect(code).toBe(EXIT.no);
    expect(notes).toMatch(/422 EVENT_INVALID: no\n.*\/data/);
  });

  it('exits 2 when no answer comes: the event may have been accepted', async () => {
    expect((await run(['events', 'send', 't'], () => 'reset')).code).toBe(EXIT.unknown);
    expect((await run(['events', 'send', 't'], () => ({ status: 503, body: {} }))).code).toBe(EXIT.unknown);
  });

  it('exits 3 when nobody listens, or the command line is wrong', async () => {
    const nobody = `http://127.0.0.1:${await freePort()}`;
    expect((await run(['events', 'send', 't'], undefined, { url: nobody })).code).toBe(EXIT.unusable);
    const { code, seen } = await run(['events', 'send', 't', '--data', '{']);
    expect({ code, seen }).toEqual({ code: EXIT.unusable, seen: [] });
    expect((await run(['events', 'send'])).code).toBe(EXIT.unusable);
    expect((await run(['events', 'send', 't', '--wait', 'long'])).code).toBe(EXIT.unusable);
  });
});

describe('events show', () => {
  it('prints a row for each route', async () => {
    const route = { id: 'score-order', state: 'done', attempts: 2, followUps: ['0-2-0'] };
    const record = { ref: '0-1-0', state: 'done', event: { id: 'a', type: 't' }, routes: [route] };
    const { out } = await run(['events', 'show', '0-1-0'], () => ({ status: 200, body: record }));
    expect(out).toMatch(/score-order +done +2 +0-2-0/);
  });

  it('exits 1 for a ref that never was', async () => {
    expect((await run(['events', 'show', 'nope'], () => notFound)).code).toBe(EXIT.no);
  });
});

describe('dead-letters', () => {
  it('lists a page and says how to go on', async () => {
    const item = { id: '0-1-0.r', route: 'r', deadAt: 'then', reason: 'refused', attempts: 1, event: { id: 'a' } };
    const { out, notes, seen } = await run(['dead-letters', 'list', '--limit', '1'], () => ({
      status: 200,
      body: { items: [item], next: 'more' },
    }));
    expect(out).toMatch(/0-1-0\.r +r +a +refused +1/);
    expect(notes).toContain('--cursor more');
    expect(seen[0]).toMatchObject({ path: '/v1/dead-letters?limit=1', headers: { authorization: 'Bearer keeper' } });
  });

  it('redrives each of several, and exits 1 when one of them is gone', async () => {
    const { code, out, seen } = await run(['dead-letters', 'redrive', 'x', 'y', '--json'], ({ path }) =>
      path.includes('/x/') ? notFound : { status: 202, body: {} },
    );
    expect(code).toBe(EXIT.no);
    expect(seen.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'POST /v1/dead-letters/x/redrive',
      'POST /v1/dead-letters/y/redrive',
    ]);
    expect(JSON.parse(out)).toMatchObject({
      results: [
        { id: 'x', ok: false },
        { id: 'y', ok: true },
      ],
    });
  });

  it('discards what somebody has said yes to, and nothing else', async () => {
    const discard = (args: readonly string[], says?: string) =>
      run(['dead-letters', 'discard', ...args], () => ({ status: 204, body: '' }), says === undefined ? {} : { says });
    const agreed = await discard(['x', 'y'], 'y');
    expect(agreed.notes).toContain('give up 2 dead letter(s) for good? [y/N]');
    expect(agreed.seen.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'DELETE /v1/dead-letters/x',
      'DELETE /v1/dead-letters/y',
    ]);
    expect((await discard(['x', '--yes'])).seen).toHaveLength(1);
    const refused = await discard(['x'], '');
    expect({ code: refused.code, seen: refused.seen }).toEqual({ code: EXIT.no, seen: [] });
    const unasked = await discard(['x']);
    expect({ code: unasked.code, seen: unasked.seen }).toEqual({ code: EXIT.unusable, seen: [] });
    expect(unasked.notes).toContain('--yes');
  });

  it('gives up by filter exactly as many as were counted and agreed to', async () => {
    const job = { job: 'j', state: 'running', filter: {}, matched: 3, discarded: 0, skipped: 0, startedAt: 'now' };
    const answer = ({ method, path }: SeenRequest): FakeAnswer => {
      if (path === '/v1/dead-letters/redrives') return { status: 200, body: { matched: 3 } };
      return method === 'POST'
        ? { status: 202, body: job }
        : { status: 200, body: { ...job, state: 'done', discarded: 3 } };
    };
    const { code, out, notes, seen } = await run(['dead-letters', 'discard', '--route', 'r'], answer, { says: 'yes' });
    expect(notes).toContain('give up 3 dead letter(s) for good?');
    expect(seen.map(({ path, body }) => [path, body])).toEqual([
      ['/v1/dead-letters/redrives', '{"filter":{"route":"r"},"dryRun":true}'],
      ['/v1/dead-letters/purges', '{"filter":{"route":"r"},"expect":3}'],
      ['/v1/dead-letters/purges/j', ''],
    ]);
    expect({ code, out }).toEqual({ code: EXIT.ok, out: 'done: 3 discarded of 3' });
  });

  it.each([
    [[]],
    [['x', '--route', 'r']],
    [['--all', '--reason', 'refused']],
    [['x', '--rate', '5']],
    [['--resaon', 'refused']],
  ])('touches nothing when %j does not say which are meant', async (args) => {
    const { code, seen } = await run(['dead-letters', 'redrive', ...args]);
    expect({ code, seen }).toEqual({ code: EXIT.unusable, seen: [] });
  });

  it('exits 1 when a job does not come to its end, and 2 when nobody knows', async () => {
    const job = { job: 'j', state: 'running', filter: {}, matched: 3, redriven: 0, skipped: 0, startedAt: 'now' };
    const ends = (state: string) =>
      run(['dead-letters', 'redrive', '--all'], ({ method }) =>
        method === 'POST' ? { status: 202, body: job } : { status: 200, body: { ...job, state } },
      );
    expect((await ends('cancelled')).code).toBe(EXIT.no);
    expect((await ends('failed')).code).toBe(EXIT.no);
    expect((await run(['dead-letters', 'redrive', '--all'], () => 'reset')).code).toBe(EXIT.unknown);
  });
});

describe('events cancel', () => {
  it('names what was cancelled and what was left, and exits 1 when nothing was', async () => {
    const answer = (cancelled: readonly string[]) => () => ({
      status: 200,
      body: { ref: '0-1-0', cancelled, left: [{ route: 'two', state: 'running' }] },
    });
    const { code, out, seen } = await run(['events', 'cancel', '0-1-0', 'a.b'], answer(['a.b']));
    expect(seen[0]).toMatchObject({ method: 'POST', path: '/v1/events/0-1-0/cancel?route=a.b' });
    expect(out).toMatch(/a\.b +cancelled\ntwo +left, running/);
    expect(code).toBe(EXIT.ok);
    expect((await run(['events', 'cancel', '0-1-0'], answer([]))).code).toBe(EXIT.no);
  });
});

describe('system show', () => {
  const system = {
    versions: { millrace: '0.1.0', node: '24.21.0', redis: '7.0.15' },
    startedAt: '2026-11-22T10:00:00.000Z',
    durability: { asked: 'fsync', holds: true, problems: [] },
    redis: { role: 'master', usedBytes: 3_145_728, maxBytes: 268_435_456, connectedReplicas: 1, uptimeSeconds: 5 },
    settings: { namespace: 'shop', replicas: 1, identityTtlMs: 3_600_000, recordTtlMs: 86_400_000 },
    partitions: { count: 4, epoch: 1, busiest: [] },
    checks: [
      { name: 'eviction', ok: true, found: 'noeviction' },
      { name: 'clock', ok: false, found: 'Redis is 10000 ms behind', mend: 'let NTP set the clocks' },
    ],
  };

  it('says what runs, what is promised, how full Redis is, and of the checks only what is wrong', async () => {
    const { code, out, seen } = await run(['system', 'show'], () => ({ status: 200, body: system }));
    expect(seen[0]).toMatchObject({ path: '/v1/system', headers: { authorization: 'Bearer keeper' } });
    expect(code).toBe(EXIT.ok);
    for (const row of [
      /^millrace +0\.1\.0$/m,
      /^redis +7\.0\.15, master$/m,
      /^durability +fsync, kept$/m,
      /^memory +3\.0 of 256\.0 MiB used \(1 %\)$/m,
      /^partitions +4, epoch 1$/m,
      /^a record is kept +24 h after/m,
      /✗ clock: Redis is 10000 ms behind\n +mend: let NTP set the clocks\ndoctor: 1 of 2 checks found something$/,
    ])
      expect(out).toMatch(row);
    expect(out).not.toContain('eviction');
  });

  it('says so when Redis does not answer, and when what was asked for is not kept', async () => {
    const problems = ['the append-only file is off'];
    const body = {
      ...system,
      redis: null,
      durability: { asked: 'fsync', holds: false, problems },
      partitions: undefined,
    };
    const { code, out } = await run(['system', 'show'], () => ({ status: 200, body }));
    expect(code).toBe(EXIT.ok);
    expect(out).toMatch(/^redis +does not answer$/m);
    expect(out).toMatch(/^durability +fsync, not kept; the append-only file is off$/m);
  });
});

describe('audit list', () => {
  it('prints who did what, and why', async () => {
    const items = [{ id: '1-0', at: 'then', action: 'dead-letter.resolve', target: 'x', count: 1, note: 'seen' }];
    const { out } = await run(['audit', 'list'], () => ({ status: 200, body: { items } }));
    expect(out).toMatch(/then +dead-letter\.resolve +x +1 +seen/);
  });
});

describe('consumers list', () => {
  it('prints what each consumer holds', async () => {
    const items = [{ name: 'host-1-ab', pending: 3, idleMs: 1_500 }];
    const { out } = await run(['consumers', 'list'], () => ({ status: 200, body: { items } }));
    expect(out).toMatch(/host-1-ab +3 +1\.5 s/);
  });
});

describe('verify', () => {
  it('exits 3 without a witness, or for a fault that cannot be done here', async () => {
    expect((await run(['verify'])).notes).toContain('witness');
    const { code, notes } = await run(['verify', '--witness', 'http://127.0.0.1:1', '--faults', 'kill']);
    expect({ code, notes }).toEqual({ code: EXIT.unusable, notes: 'cannot be done here: kill' });
  });

  it('keeps exit 1 for broken guarantees: a service that refuses to talk exits 3', async () => {
    const args = ['verify', '--witness', 'http://127.0.0.1:1', '--faults', 'none'];
    expect((await run(args, () => ({ status: 401, body: {} }))).code).toBe(EXIT.unusable);
  });

  it('--self-test catches everything that it plants', async () => {
    const { code, out } = await run(['verify', '--self-test', '--no-sabotage', '--json']);
    expect({ code, ...JSON.parse(out) }).toMatchObject({ code: EXIT.ok, ok: true, builds: [] });
  });
});

describe('servers', () => {
  const quick = { calls: 240, failedShare: 0, p50Ms: 4.2, p95Ms: 12, p99Ms: 30 };
  const slow = { calls: 10, failedShare: 0.125, p50Ms: 900, p95Ms: 2_400, p99Ms: 2_600 };
  const items = [
    {
      name: 'aws',
      breaker: 'closed',
      calls: 2,
      lastMinute: quick,
      tools: [{ tool: 'score', ...slow }],
      consumers: [{ breaker: 'closed' }, { breaker: 'closed' }],
    },
    {
      name: 'gcp',
      breaker: 'open',
      calls: 0,
      paused: { at: '2026-11-22' },
      consumers: [{ breaker: 'open' }, { breaker: 'closed' }],
    },
  ];

  it('list each with its breaker, at how many consumers it is not closed, and how the last minute went', async () => {
    const { code, out, seen } = await run(['servers', 'list'], () => ({ status: 200, body: { items } }));
    expect(code).toBe(EXIT.ok);
    expect(seen[0]).toMatchObject({ path: '/v1/servers', headers: { authorization: 'Bearer keeper' } });
    expect(out.split('\n')[1]).toMatch(/^aws +closed +2 +240 +4.2 ms +12 ms +30 ms +0 % +- +2$/);
    expect(out.split('\n')[2]).toMatch(/^gcp +open at 1 of 2 +0( +-){5} +2026-11-22 +2$/);
  });

  it('show one with its tools, once it has been asked for them', async () => {
    const tool = { name: 'score', annotations: { readOnlyHint: true }, pin: 'changed', changedAt: '2026-11-21' };
    let asked = 0;
    const { code, out, notes, seen } = await run(['servers', 'show', 'aws'], ({ path }) => {
      if (path === '/v1/servers') return { status: 200, body: { items } };
      asked += 1;
      const known = asked === 1 ? { listedAt: null, items: [] } : { listedAt: '2026-11-22', items: [tool] };
      return { status: 200, body: { ...known, isAsked: true, isTrusted: false } };
    });
    expect([code, asked, seen[0]?.path]).toEqual([EXIT.ok, 2, '/v1/servers/aws/tools']);
    expect(out).toMatch(/score +10 +900 ms +2.4 s +2.6 s +12.5 % +read-only +changed +2026-11-21/);
    expect(notes).toContain('not believed');
  });

  it('show nothing of a server that is not there', async () => {
    const gone = { status: 404, body: { code: 'SERVER_NOT_FOUND', detail: 'no server is called so' } };
    expect((await run(['servers', 'show', 'a/b'], () => gone)).code).toBe(EXIT.no);
  });

  it('list the last calls of one, those that failed and those of a tool', async () => {
    const call = { at: '2026-11-22', tool: 'score', route: 'score-order', ref: '0-1-0', attempt: 2, durationMs: 840 };
    const { out, notes, seen } = await run(['servers', 'calls', 'aws', '--failed', '--tool', 'score'], () => ({
      status: 200,
      body: { items: [{ ...call, outcome: 'unknown', code: 'TOOL_TIMEOUT' }], next: 'more' },
    }));
    expect(seen[0]?.path).toBe('/v1/servers/aws/calls?limit=20&outcome=failed&tool=score');
    expect(out).toMatch(/score +score-order +0-1-0 +2 +840 ms +unknown \(TOOL_TIMEOUT\)/);
    expect(notes).toContain('--cursor more');
  });
});

describe('pausing', () => {
  it('pauses and resumes each by its name, with the note, and goes on after one that is refused', async () => {
    const unknown = { status: 404, body: { code: 'ROUTE_NOT_FOUND', detail: 'no route is called so' } };
    const { code, out, seen } = await run(['routes', 'pause', 'a', 'b/c', 'd', '--note', 'why'], ({ path }) =>
      path === '/v1/routes/a/pause' ? unknown : { status: 200, body: { paused: true } },
    );
    expect([code, out]).toEqual([EXIT.no, expect.stringMatching(/^a +.*no route is called so\nb\/c +ok\nd +ok$/)]);
    expect(seen.map(({ path }) => path)).toEqual(['a', 'b%2Fc', 'd'].map((name) => `/v1/routes/${name}/pause`));
    expect(seen[0]).toMatchObject({
      method: 'POST',
      body: '{"note":"why"}',
      headers: { authorization: 'Bearer keeper' },
    });
    const resumed = await run(['servers', 'resume', 'aws'], () => ({ status: 200, body: { paused: false } }));
    expect([resumed.code, resumed.seen[0]?.path, resumed.seen[0]?.body]).toEqual([
      EXIT.ok,
      '/v1/servers/aws/resume',
      '{}',
    ]);
  });

  it('lists what is paused, since when, and why', async () => {
    const items = [{ kind: 'route', name: 'score', at: '2026-11-22T10:00:00.000Z', from: '::1', note: 'till Monday' }];
    const { out } = await run(['pauses', 'list'], () => ({ status: 200, body: { items } }));
    expect(out).toMatch(/route +score +2026-11-22T10:00:00.000Z +::1 +till Monday/);
  });
});

describe('approvals', () => {
  const asks = { tool: 'workload.restart', requests: { approval: { params: { message: 'May it?' } } } };
  const approval = { id: '0-1-0.triage', route: 'triage', attempts: 3, expiresAt: '2026-01-01T00:00:00Z', asks };
  const inbox = (request: SeenRequest): FakeAnswer =>
    request.method === 'GET' ? { status: 200, body: approval } : { status: 202, body: { state: 'answered' } };

  it('are approved by their id, with a yes to everything that is asked', async () => {
    const { code, out, seen } = await run(['approvals', 'approve', approval.id], inbox);
    expect([code, out]).toEqual([EXIT.ok, '0-1-0.triage  answered']);
    expect(seen.map(({ method, path }) => [method, path])).toEqual([
      ['GET', '/v1/approvals/0-1-0.triage'],
      ['POST', '/v1/approvals/0-1-0.triage'],
    ]);
    expect(JSON.parse(seen[1]?.body ?? '')).toEqual({ attempt: 3, responses: { approval: { action: 'accept' } } });
  });

  it('are denied with a reason', async () => {
    const { seen } = await run(['approvals', 'deny', approval.id, '--reason', 'not today'], inbox);
    expect(JSON.parse(seen[1]?.body ?? '')).toEqual({
      attempt: 3,
      responses: { approval: { action: 'decline', content: { reason: 'not today' } } },
    });
  });

  it('that nobody waits for any more are an error, and nothing is posted', async () => {
    const gone = { status: 404, body: { code: 'APPROVAL_NOT_FOUND', detail: 'gone' } };
    const { code, seen } = await run(['approvals', 'approve', approval.id], () => gone);
    expect([code, seen.length]).toEqual([EXIT.no, 1]);
  });
});

describe('events find', () => {
  const event = { id: 'a', type: 'com.t', acceptedAt: '2026-01-01T00:00:00Z', state: 'dead', routes: [] };

  it('goes on through short and empty pages until there are enough, and hands every condition on', async () => {
    const pages = [
      { items: [], scanned: 10_000, next: '5-0', scannedTo: '2026-01-02T00:00:00Z' },
      { items: [{ ...event, ref: '0-1-0' }], scanned: 10_000, next: '4-0' },
      { items: [{ ...event, ref: '0-2-0' }], scanned: 3, next: '3-0' },
    ];
    const args = ['events', 'find', '--text', 'lost parcel', '--state', 'dead', '--limit', '2'];
    const { code, out, notes, seen } = await run(args, () => ({ status: 200, body: pages.shift() }));
    expect(code).toBe(EXIT.ok);
    expect(out).toMatch(/0-1-0 .*dead\n0-2-0 /s);
    expect(notes).toContain('--cursor 3-0');
    expect(seen.map(({ path }) => path)).toEqual([
      '/v1/events?limit=2&state=dead&text=lost+parcel',
      '/v1/events?limit=2&state=dead&text=lost+parcel&cursor=5-0',
      '/v1/events?limit=1&state=dead&text=lost+parcel&cursor=4-0',
    ]);
  });

  it('exits 1 when there is none', async () => {
    const { code, out } = await run(['events', 'find', '--json'], () => ({ status: 200, body: { items: [] } }));
    expect([code, JSON.parse(out)]).toEqual([EXIT.no, { items: [] }]);
  });
});

describe('events tail', () => {
  it('prints a line for each event, tells what was left out, and ends when it is refused', async () => {
    const item = { ref: '0-1-0', type: 'com.t', acceptedAt: '2026-01-01T00:00:00Z', state: 'dead', routes: [] };
    const told = `: hello\n\nid: 1-0\nevent: event\ndata: ${JSON.stringify(item)}\n\nevent: dropped\ndata: {"dropped":7}\n\n`;
    const answers: FakeAnswer[] = [
      { status: 200, body: told },
      { status: 401, body: { code: 'UNAUTHENTICATED' } },
    ];
    const { code, out, notes, seen } = await run(
      ['events', 'tail', '--type', 'com.*'],
      () => answers.shift() ?? 'reset',
    );
    expect(out).toMatch(/^2026-01-01T00:00:00Z {2}dead {2,}0-1-0 {2}com\.t$/);
    expect(notes).toContain('7 more');
    expect(code).toBe(EXIT.no);
    expect(seen.map(({ path, headers }) => [path, headers['last-event-id']])).toEqual([
      ['/v1/stream?type=com.*', undefined],
      ['/v1/stream?type=com.*', '1-0'],
    ]);
  });
});

describe('events replay', () => {
  const made = { ref: '0-2-0', id: 'b', source: '/s', duplicate: false, replayOf: '0-1-0', edited: [] };
  const answer = { status: 202, body: made };

  it('sends the event again as it was, and says where it is', async () => {
    const { code, out, notes, seen } = await run(['events', 'replay', '0-1-0'], () => answer);
    expect([code, out]).toEqual([EXIT.ok, 'accepted  ref 0-2-0  id b  as it was']);
    expect(notes).toBe('millrace events show 0-2-0');
    const headers = { authorization: 'Bearer keeper' };
    expect(seen[0]).toMatchObject({ method: 'POST', path: '/v1/events/0-1-0/replay', headers, body: '{}' });
  });

  it('sends what is to be otherwise, data byte for byte', async () => {
    const edited = { ...answer, body: { ...made, edited: ['type', 'data'] } };
    const args = ['events', 'replay', '0-1-0', '--data', '{"total": 1.50}', '--type', 'com.other', '--id', 'mine'];
    const { out, seen } = await run(args, () => edited);
    expect(seen[0]?.body).toBe('{"type":"com.other","id":"mine","data":{"total": 1.50}}');
    expect(out).toMatch(/otherwise: type, data$/);
    const whole = await run(['events', 'replay', '0-1-0', '--edit', '{"subject": null}'], () => edited);
    expect(whole.seen[0]?.body).toBe('{"subject": null}');
  });

  it('exits 3, sending nothing, for an edit that is said twice or is no JSON', async () => {
    for (const more of [
      ['--edit', '{}', '--data', '1'],
      ['--edit', '{'],
      ['--data', '@/nowhere'],
    ]) {
      const { code, seen } = await run(['events', 'replay', '0-1-0', ...more]);
      expect({ code, seen }).toEqual({ code: EXIT.unusable, seen: [] });
    }
  });
});

describe('routes list', () => {
  const route = { id: 'score', on: { type: 'a' }, delivery: 'at-least-once', announced: true, problems: [] };
  const configuration = { state: 'read', folder: '/app/config', problems: [] };

  it('prints a row for each route, with what it does and since when it is paused', async () => {
    const target = { kind: 'call', server: 'aws', equivalents: ['gcp'], tool: 'risk.score' };
    const items = [{ ...route, target, paused: { at: '2026-11-22T10:00:00Z' } }];
    const { code, out, seen } = await run(['routes', 'list'], () => ({ status: 200, body: { items, configuration } }));
    expect([code, seen[0]?.path]).toEqual([EXIT.ok, '/v1/routes']);
    expect(out).toMatch(/score +\{"type":"a"\} +call aws or gcp risk\.score +at-least-once +yes +2026/);
  });

  it('ends with 1 and says why where the operator cannot read the configuration, or it is broken', async () => {
    const problem = {
      file: '/app/config/routes.yaml',
      line: 7,
      pointer: '/routes/1',
      detail: 'no server is called awz',
    };
    const broken = { items: [route], configuration: { ...configuration, state: 'broken', problems: [problem] } };
    const seen = await run(['routes', 'list'], () => ({ status: 200, body: broken }));
    expect([seen.code, seen.notes]).toEqual([
      EXIT.no,
      expect.stringContaining('routes.yaml:7 no server is called awz'),
    ]);
    const detail = 'cannot read /app/config/servers.yaml (ENOENT)';
    const absent = {
      items: [{ id: 'score', announced: true, problems: [] }],
      configuration: { state: 'absent', detail },
    };
    const unread = await run(['routes', 'list'], () => ({ status: 200, body: absent }));
    expect([unread.code, unread.notes]).toEqual([EXIT.no, expect.stringContaining(detail)]);
  });
});

describe('partitions', () => {
  const none = { unread: 0, held: 0, waiting: 0, deadLetters: 0, isExact: true };
  const epochs = [
    { epoch: 1, partitions: 1, state: 'draining', since: '2026-11-22T10:00:00.000Z' },
    { epoch: 2, partitions: 16, state: 'active', since: '2026-11-23T10:00:00.000Z' },
  ];
  const changed = { partitions: 16, epoch: 2, state: 'draining', epochs, left: none, leftIn: [] };
  const before = { ...changed, partitions: 1, epoch: 1, state: 'settled', epochs: epochs.slice(0, 1) };
  const left = { ...none, unread: 7, waiting: 1 };

  it('show says how many there are, and what each has left from before a change', async () => {
    const body = { ...changed, left, leftIn: [{ partition: 0, ...left }] };
    const { code, out } = await run(['partitions', 'show'], () => ({ status: 200, body }));
    expect(code).toBe(EXIT.ok);
    for (const row of [
      /^16 partition\(s\)$/m,
      /^2 +16 +active/m,
      /^0 +7 +0 +1 +0$/m,
      /^left from before the change: 7 unread/m,
    ])
      expect(out).toMatch(row);
  });

  it('change is asked for once, and followed until nothing from before is left', async () => {
    const answers = [before, { ...changed, left }, { ...changed, left: { ...none, held: 1 } }, changed];
    const { code, out, notes, seen } = await run(['partitions', 'change', '16', '--yes'], () => ({
      status: 200,
      body: answers.shift() ?? changed,
    }));
    expect(code).toBe(EXIT.ok);
    expect(seen.map(({ method }) => method)).toEqual(['GET', 'POST', 'GET', 'GET']);
    expect(seen[1]).toMatchObject({ path: '/v1/partitions', body: '{"partitions":16}' });
    expect(notes).toContain('left from before: 7 unread, 0 at work, 1 waiting, 0 dead');
    expect(notes).toContain('left from before: 0 unread, 1 at work, 0 waiting, 0 dead');
    expect(out).toMatch(/^16 partition\(s\)$/m);
  });

  it('change asks first, and changes nothing where nobody can be asked', async () => {
    const { code, seen } = await run(['partitions', 'change', '16'], () => ({ status: 200, body: before }));
    expect(code).toBe(EXIT.unusable);
    expect(seen.map(({ method }) => method)).toEqual(['GET']);
  });
});
