import { setTimeout as pause } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Event } from '@millrace/events';
import { type CallAction, matchRoutes, parseRoutes, RouteTable, viewOf } from '@millrace/routing';

/** Expressions that loop, recurse, allocate or backtrack, from the issue lists of JSONata and collections of ReDoS. */
const HOSTILE = {
  'an endless loop': '($f := function($n) { $f($n + 1) }; { "x": $f(0) })',
  'an endless recursion': '($f := function($n) { 1 + $f($n + 1) }; { "x": $f(0) })',
  'a recursion in two branches': '($f := function($n) { $n < 2 ? 1 : $f($n - 1) + $f($n - 2) }; { "x": $f(60) })',
  'maps in maps': `$map([1..9999], function($i) { $map([1..9999], function($j) { $map([1..9999], function($k) { $k }) }) })`,
  'a range in a range': '{ "x": [1..20000].([1..20000]) }',
  'a range beyond all memory': '{ "x": [1..9999999999] }',
  'a string that doubles':
    '($f := function($s, $n) { $n = 0 ? $s : $f($s & $s, $n - 1) }; { "x": $f("xxxxxxxx", 60) })',
  'a string filled up': '{ "x": $pad("x", 500000000) }',
  'ten thousand strings filled up': '{ "x": $map([1..10000], function($i) { $pad("x", 1000000) }) }',
  'an array that doubles':
    '($f := function($a, $n) { $n = 0 ? $a : $f($append($a, $a), $n - 1) }; { "x": $f([1], 60) })',
  'an object that doubles':
    '($f := function($v, $n) { $n = 0 ? $v : $f({ "l": $v, "r": $v }, $n - 1) }; { "x": $f(1, 60) })',
  'an object that doubles, as a string':
    '($f := function($v, $n) { $n = 0 ? $v : $f({ "l": $v, "r": $v }, $n - 1) }; { "x": $string($f(1, 60)) })',
  'objects that double, compared':
    '($f := function($v, $n) { $n = 0 ? $v : $f({ "l": $v, "r": $v }, $n - 1) }; { "x": $f(1, 60) = $f(1, 60) })',
  'each compared with each':
    '{ "x": $count($distinct($map([1..20000], function($i) { { "a": { "b": [1, 2, $i] } } }))) }',
  'a replacement larger than memory': '($a := $pad("x", 100000); { "x": $replace($a, "x", $a) })',
  'a join larger than memory': '($a := $pad("x", 1000000); { "x": $join($map([1..10000], function() { "a" }), $a) })',
  'nested quantifiers in a regular expression': '{ "x": $match(data.text, /^(a+)+$/) }',
  'overlapping alternatives in a regular expression': '{ "x": $replace(data.text, /(a|aa)+$/, "b") }',
  'a regular expression for addresses that backtracks':
    '{ "x": $contains(data.text, /^([a-zA-Z0-9])(([\\-.]|[_]+)?([a-zA-Z0-9]+))*(@){1}[a-z0-9]+[.]{1}(([a-z]{2,3})|([a-z]{2,3}[.]{1}[a-z]{2,3}))$/) }',
  'a path over the whole event again and again':
    '{ "x": $count(data.list.$$.data.list.$$.data.list.$$.data.list.$$.data.list) }',
};

const event = eventWith({ text: `${'a'.repeat(50_000)}!`, list: Array.from({ length: 500 }, (_, at) => at) });

function eventWith(data: unknown): Event {
  const own = { id: '1', source: '/test', type: 'a' };
  const bytes = Buffer.from(JSON.stringify(data));
  return { ...own, attributes: { specversion: '1.0', ...own }, data: { kind: 'json', bytes } };
}

function compile(expression: string): CallAction['renderArguments'] {
  const text = `routes: [{ id: r, on: { all: [] }, call: { server: s, tool: t }, with: ${JSON.stringify(expression)} }]`;
  const action = parseRoutes(text, 'routes.yaml', new Set(['s']))[0]?.action;
  if (action?.kind !== 'call') throw new Error('the route calls no tool');
  return (view) => action.renderArguments(view);
}

/** Both processes have started; what a test then sees is not the machine's time to start them. */
beforeEach(async () => {
  await Promise.all(['1', '2'].map((n) => compile(`{ "n": $map([${n}], function($n) { $n }) }`)(viewOf(event))));
});

describe('a hostile expression', () => {
  it.each(Object.entries(HOSTILE))('ends, and others are evaluated meanwhile: %s', async (_what, expression) => {
    const began = performance.now();
    let longestHold = 0;
    const beat = setInterval(() => {
      longestHold = Math.max(longestHold, performance.now() - last);
      last = performance.now();
    }, 5);
    let last = performance.now();
    const ended: string[] = [];
    const note = (name: string) => () => void ended.push(name);
    const render = compile(expression);
    const hostile = render(viewOf(event)).then(
      (value) => `gave ${JSON.stringify(value).length} characters`,
      (error: { code: string; message: string }) => `${error.code}: ${error.message}`,
    );
    const others = Promise.all([
      compile('{ "id": id }')(viewOf(event)),
      compile('{ "ids": $map(data.list[[0..2]], function($n) { "n" & $n }) }')(viewOf(event)),
    ]);
    const outcomes = await Promise.all([others.finally(note('others')), hostile.finally(note('hostile'))]);
    clearInterval(beat);
    expect(outcomes[0]).toEqual([{ id: '1' }, { ids: ['n0', 'n1', 'n2'] }]);
    expect(outcomes[1]).toMatch(/^(gave|EXPRESSION_FAILED|EXPRESSION_TIMED_OUT)/);
    // An expression that runs into its limit is still running while the others are through.
    if (outcomes[1].startsWith('EXPRESSION_TIMED_OUT')) expect(ended).toEqual(['others', 'hostile']);
    const tookMs = Math.round(performance.now() - began);
    console.info(`${tookMs} ms, this thread held ${Math.round(longestHold)} ms at most: ${outcomes[1].slice(0, 90)}`);
  });

  it('has one process at most, so that its other deliveries do not stand in the way of other expressions', async () => {
    const endless = compile(HOSTILE['an endless loop']);
    const sound = compile('{ "n": $sum($map(data.list, function($n) { $n })) }');
    const ended: string[] = [];
    const note = (name: string) => () => void ended.push(name);
    const endings = await Promise.allSettled([
      endless(viewOf(event)).finally(note('endless')),
      endless(viewOf(event)).finally(note('endless')),
      sound(viewOf(event)).finally(note('sound')),
    ]);
    expect(endings[2]).toEqual({ status: 'fulfilled', value: { n: 124_750 } });
    expect(ended).toEqual(['sound', 'endless', 'endless']);
  });

  it('costs the next expression nothing: a process that was ended is replaced', async () => {
    const stuck = compile(HOSTILE['objects that double, compared']);
    await expect(stuck(viewOf(event))).rejects.toMatchObject({ code: 'EXPRESSION_TIMED_OUT' });
    await expect(stuck(viewOf(event))).rejects.toMatchObject({ code: 'EXPRESSION_TIMED_OUT' });
    expect(await compile('{ "n": $sum($map(data.list, function($n) { $n })) }')(viewOf(event))).toEqual({ n: 124_750 });
  });
});

describe('a regular expression', () => {
  it.each([
    ['{ "x": $match(data.text, /^(a+)+$/) }', {}],
    ['{ "x": $contains(data.text, /^(a|aa)+$/) }', { x: false }],
    ['{ "x": $length($replace(data.text, /(a*)*!/, "b")) }', { x: 1 }],
  ])('is matched in linear time, whatever it looks like: %s', async (expression, expected) => {
    expect(await compile(expression)(viewOf(event))).toEqual(expected);
  });

  it.each([
    [
      '$match("ab-12 cd-34", /([a-z]+)-([0-9]+)/).{ "all": match, "at": index, "groups": groups }',
      [
        { all: 'ab-12', at: 0, groups: ['ab', '12'] },
        { all: 'cd-34', at: 6, groups: ['cd', '34'] },
      ],
    ],
    ['$replace("John Smith", /(\\w+)\\s(\\w+)/, "$2, $1")', 'Smith, John'],
    ['$split("a1b22c", /[0-9]+/)', ['a', 'b', 'c']],
    ['$contains("ÄRGER", /ärger/i)', true],
    ['$match("😀 x", /x/).index', 3],
  ])('does what JSONata says: %s', async (expression, expected) => {
    expect(await compile(`{ "x": ${expression} }`)(viewOf(event))).toEqual({ x: expected });
  });
});

describe('an expression', () => {
  it.each([
    ['{ "x": $eval("1 + 1") }', /\$eval is not allowed/],
    ['($run := $eval; { "x": $run("1") })', /\$eval is not allowed/],
    ['{ "x": $match(id, /(a)\\1/) }', /invalid escape sequence/],
    ['{ "x": $match(id, /a(?=b)/) }', /unsupported Perl syntax/],
    ['{ "x": $match(id, /((a{100}){100}){100}/) }', /repeat|too large/],
    [`{ "x": ${'['.repeat(101)}1${']'.repeat(101)} }`, /nest deeper/],
  ])('is refused at load when it can be seen to be unfit: %s', (expression, detail) => {
    expect(() => compile(expression)).toThrow(detail);
  });

  it.each([
    '{ "x": data.constructor }',
    '{ "x": data.text.constructor.constructor("return process")() }',
    '{ "x": $lookup(data, "constructor") }',
    '{ "x": $lookup(data, "__proto__") }',
    '{ "x": $map([1], function($v) { $v.constructor }) }',
    '{ "x": $string.constructor }',
    '{ "x": $sum.implementation }',
    '{ "x": process }',
    '{ "x": $process.env }',
    '{ "x": globalThis.process.env }',
    '{ "x": require("fs") }',
  ])('never reaches the process: %s', async (expression) => {
    const given = await compile(expression)(viewOf(event)).catch((error: { code: string }) => error.code);
    expect([{}, 'EXPRESSION_FAILED']).toContainEqual(given);
  });

  it.each([
    '$merge([{ "a": 1 }, { "__proto__": { "polluted": 1 } }])',
    '$ ~> |$|{ "__proto__": { "polluted": 1 } }|',
    '{ "__proto__": { "polluted": 1 } }',
    '($f := function() { 1 }; $f ~> |$|{ "__proto__": { "polluted": 1 } }|; { "x": 1 })',
  ])('leaves the prototypes alone: %s', async (expression) => {
    await compile(expression)(viewOf(event)).catch(() => undefined);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  it('cannot change the event that other routes see', async () => {
    const before = JSON.stringify(viewOf(event));
    await compile('$ ~> |data|{ "text": "changed" }, ["list"]|')(viewOf(event));
    expect(JSON.stringify(viewOf(event))).toBe(before);
  });
});

describe('a hostile condition', () => {
  it.each([
    ['loops in loops', 'data.list.all(a, data.list.all(b, data.list.all(c, data.list.all(d, a + b + c + d >= 0.0))))'],
    ['lists in lists', 'data.list.map(a, data.list.map(b, data.list.map(c, [a, b, c]))).size() > 0'],
  ])('ends, and others are evaluated meanwhile: %s', async (_what, when) => {
    const text = JSON.stringify(when.replaceAll('data.', 'event.data.'));
    const routes = parseRoutes(
      `routes: [{ id: r, on: { all: [] }, when: ${text}, call: { server: s, tool: t }, with: '{}' }]`,
      'routes.yaml',
      new Set(['s']),
    );
    const ended: string[] = [];
    const hostile = matchRoutes(new RouteTable(routes), event).finally(() => void ended.push('hostile'));
    await Promise.race([hostile, pause(0)]);
    expect(await compile('{ "n": $map([1], function($n) { $n }) }')(viewOf(event))).toEqual({ n: 1 });
    const [match] = await hostile;
    expect(match?.error?.code).toMatch(/^EXPRESSION_/);
  });

  it('matches in linear time', async () => {
    const text = JSON.stringify('event.data.text.matches("^(a+)+$")');
    const routes = parseRoutes(
      `routes: [{ id: r, on: { all: [] }, when: ${text}, call: { server: s, tool: t }, with: '{}' }]`,
      'routes.yaml',
      new Set(['s']),
    );
    expect(await matchRoutes(new RouteTable(routes), event)).toEqual([]);
  });
});
