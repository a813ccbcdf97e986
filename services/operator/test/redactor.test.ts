import { describe, expect, it } from '@jest/globals';
import type { Event } from '@millrace/events';
import type { DeliveryRecord, EventRecord } from '@millrace/stream-client';
import { Redactor } from '../src/redaction/redactor.js';
import { parseHiddenPlaces } from '../src/redaction/rules.js';

const CARD = '4111111111111111';

function redactor(text: string): Redactor {
  const parsed = parseHiddenPlaces(text);
  if ('problems' in parsed) throw new Error(parsed.problems.join());
  return new Redactor(parsed.places);
}

function eventOf(data: unknown, type = 'com.shop.order.paid'): Event {
  const own = { id: 'a', source: '/shop', type };
  const bytes = Buffer.from(typeof data === 'string' ? data : JSON.stringify(data));
  return { ...own, attributes: { specversion: '1.0', ...own }, data: { kind: 'json', bytes } };
}

const dataOf = (event: Event | undefined) => JSON.parse(String(event?.data?.bytes)) as unknown;
const seen = (rules: string, data: unknown, type?: string) => dataOf(redactor(rules).see(eventOf(data, type)).event);

function recordOf(event: Event | undefined, delivery: Partial<DeliveryRecord>): EventRecord {
  const own = {
    route: 'pay',
    version: 'v',
    state: 'dead',
    attempts: 1,
    starts: 1,
    effects: [],
    followUps: [],
  } as const;
  return { ref: '0-1-0', event, state: 'dead', acceptedAt: new Date(0), deliveries: [{ ...own, ...delivery }] };
}

describe('Redactor', () => {
  it('hides what stands at a path, in each element of arrays, and under any name for a star', () => {
    expect(seen('data.card.number', { card: { number: CARD, month: 7 } })).toEqual({
      card: { number: '[redacted]', month: 7 },
    });
    expect(seen('data.cards.number', { cards: [{ number: CARD }, { number: 5 }, 'x'] })).toEqual({
      cards: [{ number: '[redacted]' }, { number: '[redacted]' }, 'x'],
    });
    expect(seen('data.*.secret', { a: { secret: 1 }, b: { secret: null }, c: 2 })).toEqual({
      a: { secret: '[redacted]' },
      b: { secret: '[redacted]' },
      c: 2,
    });
    expect(seen('data.list.0', { list: ['x', 'y'] })).toEqual({ list: ['[redacted]', 'y'] });
    expect(seen('data', { a: 1 })).toBe('[redacted]');
  });

  it('hides only in events of the type that stands before the path', () => {
    const rules = 'com.shop.*: data.a, com.other: data.b';
    expect(seen(rules, { a: 1, b: 2 })).toEqual({ a: '[redacted]', b: 2 });
    expect(seen(rules, { a: 1, b: 2 }, 'com.other')).toEqual({ a: 1, b: '[redacted]' });
  });

  it('leaves an event byte for byte as it was where there is nothing to hide', () => {
    const event = eventOf('{"total": 1.50}');
    expect(redactor('data.card').see(event).event).toBe(event);
  });

  it('does not show data that it cannot look into', () => {
    const event: Event = { ...eventOf(''), data: { kind: 'bytes', bytes: Buffer.from(`card ${CARD}`) } };
    expect(redactor('data.card').textOf(event)).not.toMatch(/4111|Y2FyZC/);
  });

  it('takes what it hid out of all that was made of the event', () => {
    const event = eventOf({ card: { number: CARD, owner: 'A "B" C' }, quantity: 5, pin: '5' });
    const delivery: Partial<DeliveryRecord> = {
      effects: [
        {
          step: '0',
          attempt: 5,
          state: 'failed',
          target: { server: 'bank', tool: 'pay', arguments: { pan: CARD, pin: '5', quantity: 5 } },
          targetHash: 'digest',
          error: { code: 'TOOL_FAILED', message: `card ${CARD} was refused` },
        },
        { step: '1.0', result: { text: `I paid with ${CARD}.`, calls: [{ name: 'pay', input: { [CARD]: 1 } }] } },
      ],
      result: [{ text: JSON.stringify({ owner: 'A "B" C', paidWith: Number(CARD) }) }],
      error: { code: 'TOOL_FAILED', message: `card ${CARD} was refused` },
      input: {
        asks: {
          step: '0',
          server: 'bank',
          tool: 'pay',
          requests: { yes: { message: `Pay with ${CARD}?` } },
          arguments: { pan: CARD },
        } as never,
      },
      note: `seen for ${CARD}`,
    };
    const record = redactor('data.card, data.pin').record(recordOf(event, delivery));
    const text = JSON.stringify({ ...record, event: dataOf(record.event) });
    expect(text).not.toMatch(/4111|A \\|digest/);
    expect(record.deliveries[0]).toMatchObject({
      attempts: 1,
      effects: [{ attempt: 5, target: { server: 'bank', arguments: { pan: '[redacted]', pin: '[redacted]' } } }, {}],
      error: { code: 'TOOL_FAILED', message: 'card [redacted] was refused' },
      input: { asks: { requests: { yes: { message: 'Pay with [redacted]?' } } } },
    });
    expect(dataOf(record.event)).toMatchObject({ quantity: 5 });
  });

  it('takes the beginning of what it hid out of the end of a text that was cut off', () => {
    const address = `12  High\u00a0Street, ${'x'.repeat(100)}`;
    const message = `does not accept the arguments: received '${address.slice(0, 60)}…`;
    const delivery = { error: { code: 'TOOL_ARGUMENTS_INVALID', message } };
    const { deliveries } = redactor('data.address').record(recordOf(eventOf({ address }), delivery));
    expect(deliveries[0]?.error?.message).toBe("does not accept the arguments: received '[redacted]…");
  });

  it('hides in arguments and results what never stood in the event', () => {
    const delivery: Partial<DeliveryRecord> = {
      effects: [{ target: { arguments: { token: 'abcd' } }, result: { token: 'efgh', kept: 1 } }],
      result: { token: 'efgh' },
    };
    const rules = 'arguments.token, result.token';
    expect(redactor(rules).record(recordOf(eventOf({}), delivery)).deliveries[0]).toMatchObject({
      effects: [{ target: { arguments: { token: '[redacted]' } }, result: { token: '[redacted]', kept: 1 } }],
      result: { token: '[redacted]' },
    });
  });

  it('shows nothing of what was made of an event that is gone, or in which too much is hidden', () => {
    const delivery: Partial<DeliveryRecord> = { result: CARD, effects: [{ step: '0', result: CARD }] };
    const many = eventOf({ list: Array.from({ length: 600 }, (_, at) => `value-${at}`) });
    for (const event of [undefined, many]) {
      const [seenOf] = redactor('data.list').record(recordOf(event, delivery)).deliveries;
      expect(seenOf).toMatchObject({
        state: 'dead',
        result: '[redacted]',
        effects: [{ step: '0', result: '[redacted]' }],
      });
    }
  });

  it('changes nothing where nothing is hidden', () => {
    const record = recordOf(eventOf({ a: CARD }), { result: CARD, effects: [{ targetHash: 'digest' }] });
    expect(new Redactor().record(record)).toEqual(record);
    expect(new Redactor().memory({ a: 1 })).toEqual({ a: 1 });
    expect(redactor('data.a').memory({ a: 1 })).toBe('[redacted]');
  });
});

describe('Redactor.restore', () => {
  const rules = redactor('data.card.number, data.items.secret');
  const event = eventOf('{"card": {"number": "4111", "month": 7}, "items": [{"secret": 1}, {"secret": 2}]}');
  const restore = (data: unknown) => {
    const bytes = Buffer.from(JSON.stringify(data));
    return rules.restore(event, { kind: 'json', bytes })?.bytes.toString();
  };
  const mark = '[redacted]';

  it('puts back what somebody could not see and has left as it stood', () => {
    const edited = { card: { number: mark, month: 8 }, items: [{ secret: mark }] };
    expect(restore(edited)).toBe('{"card":{"number":"4111","month":8},"items":[{"secret":1}]}');
  });

  it('gives the data byte for byte where nothing was edited', () => {
    const whole = { card: { number: mark, month: 7 }, items: [{ secret: mark }, { secret: mark }] };
    expect(restore(whole)).toBe(event.data?.bytes.toString());
  });

  it('takes no mark that stands for nothing', () => {
    expect(restore({ card: { month: mark } })).toBeUndefined();
    expect(restore({ items: [{}, {}, { secret: mark }] })).toBeUndefined();
    expect(restore({ card: { number: `x${mark}` } })).toBeUndefined();
  });
});

describe('Redactor.uncovers', () => {
  const uncovers = (rules: string, first: Event, type: string) =>
    redactor(rules).uncovers(first, { ...first, type, attributes: { ...first.attributes, type } });
  const rules = 'com.shop.*: data.card.secret';

  it.each([CARD, 'ab', '', 5, true, false, null, [], {}])('is so for %j under a type that hides nothing', (secret) => {
    const first = eventOf({ card: { secret, month: 7 } });
    expect(uncovers(rules, first, 'org.elsewhere')).toBe(true);
    expect(uncovers(`${rules}, org.*: data.card.month`, first, 'org.elsewhere')).toBe(true);
  });

  it('is so for data that cannot be looked into', () => {
    const first: Event = { ...eventOf(''), data: { kind: 'bytes', bytes: Buffer.from('yes') } };
    expect(uncovers(rules, first, 'org.elsewhere')).toBe(true);
    expect(uncovers(`${rules}, org.*: data.other`, first, 'org.elsewhere')).toBe(false);
  });

  it('is not so where the same is hidden under the other type, or more, or where nothing was', () => {
    const first = eventOf({ card: { secret: false } });
    for (const same of ['data.card.secret', 'data.card', 'data'])
      expect(uncovers(`${rules}, org.*: ${same}`, first, 'org.elsewhere')).toBe(false);
    expect(uncovers(rules, first, 'com.shop.other')).toBe(false);
    expect(uncovers(rules, eventOf({ total: 1 }), 'org.elsewhere')).toBe(false);
  });
});

describe('parseHiddenPlaces', () => {
  it('reads lines and commas, types and comments', () => {
    expect(parseHiddenPlaces('data.a, com.shop.*: data.b # why\n\n# more\nresult\n')).toEqual({
      places: [
        { type: undefined, root: 'data', path: ['a'] },
        { type: 'com.shop.*', root: 'data', path: ['b'] },
        { type: undefined, root: 'result', path: [] },
      ],
    });
  });

  it('names every problem, and hides nothing in doubt', () => {
    expect(parseHiddenPlaces('card.number, data..a, : data.b, $.data')).toEqual({
      problems: [
        expect.stringContaining('"card.number"'),
        expect.stringContaining('"data..a"'),
        expect.stringContaining('": data.b"'),
        expect.stringContaining('"$.data"'),
      ],
    });
    expect(parseHiddenPlaces(' , # nothing')).toEqual({ problems: [expect.stringContaining('hides nothing')] });
  });
});
