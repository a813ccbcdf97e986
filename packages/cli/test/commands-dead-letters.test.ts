import { describe, expect, it } from '@jest/globals';
import { EXIT } from '../src/errors.js';
import type { FakeAnswer, SeenRequest } from './fake-service.js';
import { run, stopServiceAfterEach } from './run-command.js';

stopServiceAfterEach();

const notFound = { status: 404, body: { code: 'RECORD_NOT_FOUND', detail: 'no event has this ref' } };

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

  it('counts what they died of, says which was the last of it, and how to redrive the first cause', async () => {
    const latest = { id: '0-9-0.r', deadAt: 'then', error: { code: 'TOOL_TIMEOUT', message: 'no answer in 10 s' } };
    const items = [
      { route: 'r', reason: 'attempts-exhausted', code: 'TOOL_TIMEOUT', count: 312, latest },
      { route: 'r', reason: 'route-missing', count: 2, latest: null },
    ];
    const body = { items, matched: 320, scanned: 10_000, complete: false };
    const { code, out, notes, seen } = await run(['dead-letters', 'causes', '--route', 'r'], () => ({
      status: 200,
      body,
    }));
    expect([code, seen[0]?.path]).toEqual([EXIT.ok, '/v1/dead-letters/causes?route=r']);
    expect(out).toMatch(/^312 +r +attempts-exhausted +TOOL_TIMEOUT +then +no answer in 10 s$/m);
    expect(out).toMatch(/^2 +r +route-missing +- +\?$/m);
    expect(notes).toContain('of the latest 10000');
    expect(notes).toContain('6 more died of rarer causes');
    expect(notes).toContain('dead-letters show 0-9-0.r');
    expect(notes).toContain('dead-letters redrive --route r --reason attempts-exhausted --code TOOL_TIMEOUT');
    const since = ['--since', '2026-11-23T10:00:00Z', '--text', "it's late"];
    const narrowed = await run(['dead-letters', 'causes', ...since], () => ({ status: 200, body }));
    const narrow = `--text 'it'\\''s late' --since 2026-11-23T10:00:00Z --route r`;
    expect(narrowed.notes).toContain(`dead-letters redrive ${narrow} --reason attempts-exhausted --code TOOL_TIMEOUT`);
    const vague = { ...body, items: items.slice(1) };
    const { notes: none } = await run(['dead-letters', 'causes'], () => ({ status: 200, body: vague }));
    expect(none).not.toContain('redrive');
    const asked = await run(['dead-letters', 'causes', '--json'], () => ({ status: 200, body }));
    expect([asked.seen[0]?.path, JSON.parse(asked.out), asked.notes]).toEqual(['/v1/dead-letters/causes', body, '']);
  });

  it('begins no more once it is interrupted, and says what it has not tried', async () => {
    const stopping = new AbortController();
    const answer = ({ path }: { readonly path: string }) => {
      if (path.includes('/y/')) stopping.abort();
      return { status: 200, body: {} };
    };
    const { code, notes, seen } = await run(['dead-letters', 'redrive', 'x', 'y', 'z', 'w'], answer, {
      signal: stopping.signal,
    });
    expect(code).toBe(EXIT.unknown);
    expect(notes).toMatch(/y: .*it was interrupted\ninterrupted; not tried: z, w$/);
    expect(seen).toHaveLength(2);
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

  it('says what became of each once: what was done in the answer, and why not beside it', async () => {
    const { code, out, notes } = await run(['dead-letters', 'redrive', 'x', 'y'], ({ path }) =>
      path.includes('/x/') ? notFound : { status: 202, body: {} },
    );
    expect({ code, out }).toEqual({ code: EXIT.no, out: 'y  redriven' });
    expect(notes).toMatch(/^x: http\S+ answered 404 RECORD_NOT_FOUND: no event has this ref$/);
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

  it('that were seen are answered, and not what is asked since', async () => {
    const { seen } = await run(['approvals', 'approve', approval.id, '--attempt', '2'], inbox);
    expect(JSON.parse(seen[1]?.body ?? '')).toMatchObject({ attempt: 2 });
    const { notes } = await run(['approvals', 'show', approval.id], inbox);
    expect(notes).toContain('approvals approve 0-1-0.triage --attempt 3, or');
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
