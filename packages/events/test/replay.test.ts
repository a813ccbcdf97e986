import { describe, expect, it } from '@jest/globals';
import { createReplay, type Event, type EventError, parseEdit, renderEvent, trustOf } from '../src/index.js';

const NO_EDIT = { attributes: {}, data: undefined };

function first(attributes: Event['attributes'] = {}, data = '{"total": 1.50}') {
  const own = { id: 'a', source: '/shop', type: 'com.shop.order.created' };
  const event: Event = {
    ...own,
    attributes: { specversion: '1.0', ...own, time: '2026-01-31T08:00:00Z', ...attributes },
    data: { kind: 'json', bytes: Buffer.from(data) },
  };
  return { ref: '0-1-0', event };
}

const edit = (text: string) => parseEdit(Buffer.from(text));
const problemsOf = (act: () => unknown) => {
  try {
    act();
  } catch (error) {
    return (error as EventError).problems.map(({ pointer }) => pointer);
  }
  return undefined;
};

describe('createReplay', () => {
  it('says the same again byte for byte, under a new id, and names the first event', () => {
    const { event, edited } = createReplay(first({ subject: 'o/1', partitionkey: 'k' }), 'b', NO_EDIT, 'keyed');
    expect(edited).toEqual([]);
    expect(event.attributes).toEqual({
      specversion: '1.0',
      id: 'b',
      source: '/shop',
      type: 'com.shop.order.created',
      time: '2026-01-31T08:00:00Z',
      subject: 'o/1',
      partitionkey: 'k',
      causationid: 'a',
      correlationid: 'a',
      millracereplayof: '0-1-0',
    });
    expect(renderEvent(event)).toContain('"data":{"total": 1.50}}');
  });

  it('stays in the chain of the first, and leaves behind what was said for one time only', () => {
    const past = { deliverat: '2026-01-31T09:00:00Z', expirytime: '2026-01-31T10:00:00Z' };
    const chain = { correlationid: 'root', causationid: 'before', millracehops: 3 };
    const { event, edited } = createReplay(first({ ...past, ...chain, traceparent: '00-1' }), 'b', NO_EDIT, 'keyed');
    expect(edited).toEqual([]);
    expect(event.attributes).toMatchObject({ correlationid: 'root', causationid: 'a', millracehops: 3 });
    for (const name of ['deliverat', 'expirytime', 'traceparent']) expect(event.attributes).not.toHaveProperty(name);
  });

  it('is trusted as far as the first where nothing is edited, and as far as the editor otherwise', () => {
    const signed = first({ millracetrust: 'signed' });
    expect(trustOf(createReplay(signed, 'b', NO_EDIT, 'keyed').event)).toBe('signed');
    expect(trustOf(createReplay(signed, 'b', edit('{"data":{}}'), 'keyed').event)).toBe('keyed');
    expect(trustOf(createReplay(signed, 'b', edit('{"subject":"x"}'), 'anonymous').event)).toBe('anonymous');
    expect(trustOf(createReplay(signed, 'b', edit('{"expirytime":"2099-01-01T00:00:00Z"}'), 'keyed').event)).toBe(
      'keyed',
    );
  });

  it('counts what is said as it was as not said, so that a whole event can be sent back with one change', () => {
    const given = first({ millracetrust: 'signed', traceparent: '00-1' });
    const whole = renderEvent(given.event);
    expect(createReplay(given, 'b', edit(whole), 'keyed')).toMatchObject({ edited: [], event: { id: 'b' } });
    const changed = createReplay(given, 'b', edit(whole.replace('1.50', '2')), 'keyed');
    expect([changed.edited, changed.event.data?.bytes.toString()]).toEqual([['data'], '{"total": 2}']);
  });

  it('takes attributes, data in both forms, and null for an attribute that is to go', () => {
    const { event, edited } = createReplay(
      first({ subject: 'o/1', datacontenttype: 'text/plain' }),
      'b',
      edit('{"type":"com.other","subject":null,"id":"mine","data":[1]}'),
      'keyed',
    );
    expect(edited.toSorted()).toEqual(['data', 'datacontenttype', 'subject', 'type']);
    expect(event).toMatchObject({ id: 'mine', type: 'com.other', attributes: { datacontenttype: 'application/json' } });
    expect(event.attributes).not.toHaveProperty('subject');
    expect(createReplay(first(), 'b', edit('{"data_base64":"AAE="}'), 'keyed').event.data).toEqual({
      kind: 'bytes',
      bytes: Buffer.from([0, 1]),
    });
  });

  it('refuses what Millrace alone writes, and what breaks CloudEvents, all at once', () => {
    const wrong =
      '{"millracetrust":"signed","causationid":"x","millracereplayof":"0-9-9","type":"","UP":1,"time":"now"}';
    expect(problemsOf(() => createReplay(first(), 'b', edit(wrong), 'keyed'))?.toSorted()).toEqual([
      '/UP',
      '/causationid',
      '/millracereplayof',
      '/millracetrust',
      '/time',
      '/type',
    ]);
    expect(problemsOf(() => createReplay(first(), 'b', edit('{"source":null}'), 'keyed'))).toEqual(['/source']);
  });
});

describe('parseEdit', () => {
  it.each(['[]', 'null', '{', '{"data":1,"data_base64":"AA=="}', '{"data_base64":"?"}', '{"a":1,"a":2}'])(
    'refuses %s',
    (text) => {
      expect(() => edit(text)).toThrow(expect.objectContaining({ code: expect.stringMatching(/^EVENT_/) }));
    },
  );
});
