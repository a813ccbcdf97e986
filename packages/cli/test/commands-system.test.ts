import { describe, expect, it } from '@jest/globals';
import { EXIT } from '../src/errors.js';
import { run, stopServiceAfterEach } from './run-command.js';

stopServiceAfterEach();

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

describe('a list', () => {
  const LISTS = [
    ['approvals', 'list'],
    ['audit', 'list'],
    ['consumers', 'list'],
    ['contexts', 'list'],
    ['dead-letters', 'causes'],
    ['dead-letters', 'jobs'],
    ['dead-letters', 'list'],
    ['events', 'find'],
    ['pauses', 'list'],
    ['routes', 'list'],
    ['servers', 'calls', 'aws'],
    ['servers', 'list'],
  ];
  const body = {
    items: [],
    matched: 0,
    scanned: 0,
    complete: true,
    configuration: { state: 'read', folder: 'config' },
  };

  it.each(LISTS)('with nothing in it has its head alone, and words beside it: %s %s', async (...args) => {
    const { out, notes } = await run(args, () => ({ status: 200, body }));
    expect(out).toMatch(/^[A-Z0-9 /-]+$/);
    expect(notes).toMatch(/^(no|there is no|nothing|nobody) .+$/);
    expect((await run([...args, '--json'], () => ({ status: 200, body }))).notes).toBe('');
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

  it('list the slowest first, and last what was not called', async () => {
    const [aws, gcp] = items;
    const body = { items: [{ ...gcp, name: 'idle' }, aws, { ...aws, name: 'azure', lastMinute: slow }] };
    const { out } = await run(['servers', 'list'], () => ({ status: 200, body }));
    expect(out.split('\n').map((line) => line.split(' ')[0])).toEqual(['SERVER', 'azure', 'aws', 'idle']);
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
    const { code, out, notes, seen } = await run(['routes', 'pause', 'a', 'b/c', 'd', '--note', 'why'], ({ path }) =>
      path === '/v1/routes/a/pause' ? unknown : { status: 200, body: { paused: true } },
    );
    expect([code, out]).toEqual([EXIT.no, 'b/c  paused\nd  paused']);
    expect(notes).toMatch(/^a: .*no route is called so$/);
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

  it('lists what is paused, since when, by whom and why', async () => {
    const who = { by: 'night-shift', from: '::1', note: 'till Monday' };
    const items = [{ kind: 'route', name: 'score', at: '2026-11-22T10:00:00.000Z', ...who }];
    const { out } = await run(['pauses', 'list'], () => ({ status: 200, body: { items } }));
    expect(out).toMatch(/route +score +2026-11-22T10:00:00.000Z +night-shift +::1 +till Monday/);
  });
});

describe('routes list', () => {
  const route = { id: 'score', on: { type: 'a' }, delivery: 'at-least-once', announced: true, problems: [] };
  const configuration = { state: 'read', folder: '/app/config', problems: [] };

  it('prints a row for each route: what it does, what became of its deliveries, since when it is paused', async () => {
    const target = { kind: 'call', server: 'aws', equivalents: ['gcp'], tool: 'risk.score' };
    const lastMinute = { done: 120, retried: 3, waiting: 0, parked: 0, dead: 1, expired: 0, perSecond: 2.07 };
    const items = [{ ...route, target, lastMinute, paused: { at: '2026-11-22T10:00:00Z' } }];
    const { code, out, seen } = await run(['routes', 'list'], () => ({ status: 200, body: { items, configuration } }));
    expect([code, seen[0]?.path]).toEqual([EXIT.ok, '/v1/routes']);
    expect(out).toMatch(
      /score +type a +call aws or gcp risk\.score +at-least-once +yes +120 done, 3 retried, 1 dead +2\.1 +2026/,
    );
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
    const { code, out, progress, seen } = await run(['partitions', 'change', '16', '--yes'], () => ({
      status: 200,
      body: answers.shift() ?? changed,
    }));
    expect(code).toBe(EXIT.ok);
    expect(seen.map(({ method }) => method)).toEqual(['GET', 'POST', 'GET', 'GET']);
    expect(seen[1]).toMatchObject({ path: '/v1/partitions', body: '{"partitions":16}' });
    expect(progress).toContain('left from before: 7 unread, 0 at work, 1 waiting, 0 dead');
    expect(progress).toContain('left from before: 0 unread, 1 at work, 0 waiting, 0 dead');
    expect(out).toMatch(/^16 partition\(s\)$/m);
  });

  it('change asks first, and changes nothing where nobody can be asked', async () => {
    const { code, seen } = await run(['partitions', 'change', '16'], () => ({ status: 200, body: before }));
    expect(code).toBe(EXIT.unusable);
    expect(seen.map(({ method }) => method)).toEqual(['GET']);
  });
});
