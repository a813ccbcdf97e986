import { describe, expect, it } from '@jest/globals';
import type { Event } from '@millrace/events';
import { type CallAction, parseRoutes, parseServers, type Route, RouteError, viewOf } from '@millrace/routing';

const servers = new Set(['aws', 'gcp']);
const parse = (text: string) => parseRoutes(text, 'routes.yaml', servers);

function anEvent(type: string, data: unknown = {}, more: Record<string, string> = {}): Event {
  const own = { id: '1', source: '/test', type };
  const bytes = Buffer.from(JSON.stringify(data));
  return { ...own, attributes: { specversion: '1.0', ...own, ...more }, data: { kind: 'json', bytes } };
}

function problemsOf(text: string) {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof RouteError) return error.problems;
    throw error;
  }
  throw new Error('the file was accepted');
}

function callOf(given: Route | undefined): CallAction {
  if (given?.action.kind !== 'call') throw new Error('the route calls no tool');
  return given.action;
}

const route = (id: string, rest: string) => `
  - id: ${id}
    on: { type: order.created }
    call: { server: aws, tool: risk.score }
    ${rest}`;

describe('parseRoutes', () => {
  it('compiles a route with its defaults', async () => {
    const [first] = parse(`routes:${route('score', `with: '{ "orderId": data.id }'`)}`);
    expect(first).toMatchObject({
      id: 'score',
      action: { kind: 'call', target: { server: 'aws', tool: 'risk.score' } },
      delivery: 'at-least-once',
      timeoutMs: 30_000,
      retry: { attempts: 5, initialMs: 500, maxMs: 30_000 },
    });
    const args = await callOf(first).renderArguments(viewOf(anEvent('order.created', { id: 'o-1' })));
    expect(args).toEqual({ orderId: 'o-1' });
  });

  it('names file, line, pointer and reason of every problem at once', () => {
    const problems = problemsOf(`routes:
  - id: one
    on: { type: a }
    call: { server: nowhere, tool: t }
    with: '{}'
  - id: one
    on: { type: a }
    call: { server: aws, tool: t }
    with: '{ "x": '
    retry: { initial: 10s, max: 1s }
`);
    expect(problems.map(({ line, pointer }) => [line, pointer])).toEqual([
      [4, '/routes/0/call/server'],
      [6, '/routes/1/id'],
      [10, '/routes/1/retry/max'],
      [9, '/routes/1/with'],
    ]);
    expect(problems[0]).toMatchObject({
      file: 'routes.yaml',
      detail: 'no server is called nowhere; configured: aws, gcp',
    });
  });

  it.each([
    ['an unknown key', route('r', `with: '{}'\n    colour: red`), 'unknown: colour'],
    [
      'a guarantee that there is not',
      route(
        'r',
        `with: '{}'
    delivery: exactly-once`,
      ),
      /at-most-once/,
    ],
    [
      'a way to repeat that there is not',
      route(
        'r',
        `with: '{}'
    idempotency: hope`,
      ),
      /must be key, safe/,
    ],
    ['a duration without a unit', route('r', `with: '{}'\n    timeout: 10`), /must be a duration such as/],
    ['a duration out of bounds', route('r', `with: '{}'\n    timeout: 25h`), /must be a duration such as/],
    ['an id that would not fit into a URL', route('a/b', `with: '{}'`), /must be 1 to 64/],
  ])('refuses %s', (_what, text, detail) => {
    expect(problemsOf(`routes:${text}`)[0]?.detail).toMatch(detail);
  });

  it('takes a handler in place of a call', () => {
    const [first] = parse(`routes: [{ id: r, on: { all: [] }, handler: handlers/audit.ts }]`);
    expect(first?.action).toEqual({ kind: 'handler', file: 'handlers/audit.ts' });
  });

  it.each([
    ['call and handler at once', `call: { server: aws, tool: t }, with: '{}', handler: a.ts`, /not both/],
    ['neither call nor handler', `timeout: 1s`, /does nothing/],
    ['a call without arguments', `call: { server: aws, tool: t }`, /has no arguments/],
    ['arguments for a handler', `handler: a.ts, with: '{}'`, /is for `call`/],
    ['a handler outside the folder', `handler: ../a.ts`, /inside the configuration folder/],
    ['a handler by an absolute path', `handler: /a.ts`, /inside the configuration folder/],
  ])('refuses %s', (_what, keys, detail) => {
    expect(problemsOf(`routes: [{ id: r, on: { type: a }, ${keys} }]`)[0]?.detail).toMatch(detail);
  });

  it('refuses text that is not YAML, with the line', () => {
    expect(problemsOf('routes:\n  - id: "open')[0]).toMatchObject({ file: 'routes.yaml', line: 2 });
  });

  it('gives every route of a file the same version, and another file another one', () => {
    const text = `routes:${route('a', `with: '{}'`)}${route('b', `with: '{}'`)}`;
    const [a, b] = parse(text);
    expect(a?.version).toBe(b?.version);
    expect(parse(`${text}\n`)[0]?.version).not.toBe(a?.version);
  });
});

describe('renderArguments', () => {
  const render = async (expression: string, data: unknown = {}) => {
    const [first] = parse(`routes:${route('r', `with: ${JSON.stringify(expression)}`)}`);
    return callOf(first).renderArguments(viewOf(anEvent('order.created', data)));
  };

  it.each(['"text"', '[1, 2]', 'data.missing'])(
    'fails for an expression that gives no object: %s',
    async (expression) => {
      await expect(render(expression)).rejects.toMatchObject({ code: 'EXPRESSION_FAILED' });
    },
  );

  it('ends an endless recursion, which costs only this delivery', async () => {
    await expect(render('($f := function($n) { 1 + $f($n + 1) }; { "x": $f(0) })')).rejects.toMatchObject({
      code: 'EXPRESSION_FAILED',
    });
  });

  it('ends a loop that would run for ever', async () => {
    await expect(render('($f := function($n) { $f($n + 1) }; { "x": $f(0) })')).rejects.toMatchObject({
      code: 'EXPRESSION_TIMED_OUT',
      retryable: true,
    });
  });

  it('is not charged for the time of others that are rendered at the same time', async () => {
    const slow = '($f := function($n, $sum) { $n = 0 ? $sum : $f($n - 1, $sum + 1) }; { "x": $f(2000, 0) })';
    const results = await Promise.all(Array.from({ length: 30 }, () => render(slow)));
    expect(results).toEqual(Array.from({ length: 30 }, () => ({ x: 2_000 })));
  });
});

describe('renderFollowUp', () => {
  const [first] = parse(
    `routes:${route('r', `with: '{}'\n    emit: { type: order.scored, data: '{ "score": result.score }' }`)}`,
  );

  it('emits the same event again for the same cause, with its causation', async () => {
    const cause = anEvent('order.created', {}, { subject: 'o-1', partitionkey: 'k' });
    const emit = () => first?.renderFollowUp(cause, viewOf(cause), { score: 7 });
    const followUp = await emit();
    expect(followUp).toMatchObject({
      type: 'order.scored',
      source: '/millrace/routes/r',
      attributes: { subject: 'o-1', partitionkey: 'k', causationid: '1', correlationid: '1', millracehops: 1 },
      data: { bytes: Buffer.from('{"score":7}') },
    });
    expect(await emit()).toEqual(followUp);
  });

  it('has a partition key of its own where the route gives one, from the event or the result, and else that of its cause', async () => {
    const emit = `emit: { type: order.scored, partitionkey: 'result.customer ? result.customer : data.n', data: '{}' }`;
    const [own] = parse(`routes:${route('r', `with: '{}'\n    ${emit}`)}`);
    const keyFrom = async (data: unknown, result: unknown) => {
      const cause = anEvent('order.created', data, { partitionkey: 'of the cause' });
      const followUp = await own?.renderFollowUp(cause, viewOf(cause), result);
      return typeof followUp === 'object' ? followUp.attributes.partitionkey : undefined;
    };
    expect(await keyFrom({}, { customer: 'c-1' })).toBe('c-1');
    expect(await keyFrom({ n: 7 }, {})).toBe('7');
    expect(await keyFrom({}, {})).toBe('of the cause');
    await expect(keyFrom({ n: { a: 1 } }, {})).rejects.toThrow('`emit.partitionkey` must give text, it gave a object');
    await expect(keyFrom({ n: 'x'.repeat(257) }, {})).rejects.toThrow('more than 256 characters');
  });

  it('stops at the hop limit, so that a chain which feeds itself ends', async () => {
    const cause = { ...anEvent('order.created'), attributes: { ...anEvent('x').attributes, millracehops: 16 } };
    expect(await first?.renderFollowUp(cause, viewOf(cause), {})).toBe('hop-limit');
  });
});

describe('parseServers', () => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the syntax of the file, not of a template
  const url = '${MCP_AWS_URL:-http://127.0.0.1:4001/mcp}';

  it('fills variables of the environment into urls, and their defaults where they are unset', () => {
    const text = `servers: { aws: { url: '${url}' } }`;
    expect(parseServers(text, 's.yaml', {})[0]?.url).toBe('http://127.0.0.1:4001/mcp');
    expect(parseServers(text, 's.yaml', { MCP_AWS_URL: 'https://mcp.example/mcp' })[0]?.url).toBe(
      'https://mcp.example/mcp',
    );
  });

  it('takes times of hours, for tools that work so long', () => {
    const text = 'servers: { batch: { url: "https://mcp.example/", attemptTimeout: 2h, totalTimeout: 24h } }';
    expect(parseServers(text, 's.yaml', {})).toMatchObject([
      { attemptTimeoutMs: 7_200_000, totalTimeoutMs: 86_400_000 },
    ]);
    expect(parse(`routes:${route('r', `with: '{}'\n    timeout: 24h`)}`)).toMatchObject([{ timeoutMs: 86_400_000 }]);
  });

  it('refuses a url that is none, with its line', () => {
    const parse = () => parseServers('servers:\n  aws:\n    url: ftp://x', 's.yaml', {});
    expect(parse).toThrow(/s\.yaml:3 \/servers\/aws\/url: ftp:\/\/x is not an http or https URL/);
  });

  it.each([
    ['privateAddresses: yes', /servers\/crm\/privateAddresses/],
    ['bearerTokenFrom: s3cret-itself', /bearerTokenFrom: must be the name of an environment variable/],
    ['tls: { certFrom: CRM_CERT }', /tls: needs both certFrom and keyFrom/],
    ['clientCredentials: { issuer: "https://id", clientId: a }', /needs either secretFrom or privateKeyFrom/],
    ['clientCredentials: { issuer: id, clientId: a, secretFrom: A }', /issuer: must be the URL of the authorization/],
    ['totalTimeout: 10', /totalTimeout/],
    ['redirects: true', /unknown: redirects/],
  ])('refuses %s, and says where', (line, words) => {
    const parse = () => parseServers(`servers:\n  crm:\n    url: https://mcp.example/\n    ${line}\n`, 's.yaml', {});
    expect(parse).toThrow(words);
  });
});

describe('call', () => {
  const callOf = (call: string) => {
    const [route] = parse(`routes:\n  - { id: a, on: { all: [] }, call: ${call}, with: '{}' }`);
    return route?.action.kind === 'call' ? route.action.target : undefined;
  };

  it('names one server, or several that do the same, the preferred one first', () => {
    expect(callOf('{ server: aws, tool: t }')).toEqual({ server: 'aws', tool: 't' });
    expect(callOf('{ anyOf: [gcp, aws], tool: t }')).toEqual({ server: 'gcp', equivalents: ['aws'], tool: 't' });
    expect(callOf('{ anyOf: [gcp, aws], tool: t, hedge: p95 }')).toMatchObject({ hedge: { percentile: 0.95 } });
    expect(callOf('{ anyOf: [gcp, aws], tool: t, hedge: 200ms }')).toMatchObject({ hedge: { afterMs: 200 } });
  });

  it.each([
    ['{ tool: t }', /needs either `server` or `anyOf`/],
    ['{ server: aws, anyOf: [aws, gcp], tool: t }', /needs either/],
    ['{ anyOf: [aws], tool: t }', /anyOf/],
    ['{ anyOf: [aws, aws], tool: t }', /names a server twice/],
    ['{ anyOf: [aws, nowhere], tool: t }', /\/call\/anyOf: no server is called nowhere/],
    ['{ server: aws, tool: t, hedge: p95 }', /`hedge` is for `anyOf`/],
    ['{ anyOf: [aws, gcp], tool: t, hedge: soon }', /must be p50, p75, p90, p95, p99, or a duration/],
  ])('refuses %s', (call, words) => {
    expect(() => callOf(call)).toThrow(words);
  });
});
