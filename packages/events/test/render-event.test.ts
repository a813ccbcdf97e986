import { describe, expect, it } from '@jest/globals';
import { type Event, parseStructured, renderEvent } from '@millrace/events';
import { CloudEvent, HTTP } from 'cloudevents';
import fc from 'fast-check';

const attributes = { specversion: '1.0', id: '1', source: '/s', type: 't', retries: 3, urgent: true, subject: 'é"' };
const event = (data: Event['data']): Event => ({ id: '1', source: '/s', type: 't', attributes, data });

describe('renderEvent', () => {
  it('puts JSON data in byte for byte', () => {
    const text = renderEvent(event({ kind: 'json', bytes: Buffer.from('{"n":1.0,  "u":"\\u00e9"}') }));
    expect(text).toBe(
      '{"specversion":"1.0","id":"1","source":"/s","type":"t","retries":3,"urgent":true,"subject":"é\\"","data":{"n":1.0,  "u":"\\u00e9"}}',
    );
  });

  it('renders what parseStructured parses, for any data', () => {
    const json = fc.jsonValue({ maxDepth: 4 }).map((value) => JSON.stringify(value));
    const data = fc.oneof(
      json.map((text) => ({ kind: 'json' as const, bytes: Buffer.from(text) })),
      fc.uint8Array().map((bytes) => ({ kind: 'bytes' as const, bytes: Buffer.from(bytes) })),
      fc.constant(undefined),
    );
    fc.assert(
      fc.property(data, (sent) => {
        fc.pre(!/"(__proto__|constructor)"/.test(sent?.bytes.toString() ?? ''));
        expect(parseStructured(Buffer.from(renderEvent(event(sent))))).toMatchObject(event(sent));
      }),
    );
  });

  it('is understood by the official client, and understands it', () => {
    const theirs = new CloudEvent({ type: 't', source: '/s', subject: 'é', data: { a: [1, 'ü'] }, partitionkey: 'p' });
    const body = String(HTTP.structured(theirs).body);
    const ours = renderEvent(parseStructured(Buffer.from(body)));
    const headers = { 'content-type': 'application/cloudevents+json' };
    expect(HTTP.toEvent({ headers, body: ours })).toEqual(theirs);
  });
});
