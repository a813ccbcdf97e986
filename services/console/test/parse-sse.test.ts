import { describe, expect, it } from '@jest/globals';
import { SseParser } from '../src/live/parse-sse';

describe('SseParser', () => {
  const text = 'id: 7-0\nevent: overview\ndata: {"a":1}\n\n: still here\n\nevent: event\ndata: {"b":\ndata: 2}\n\n';
  const events = [
    { id: '7-0', event: 'overview', data: '{"a":1}' },
    { id: undefined, event: 'event', data: '{"b":\n2}' },
  ];

  it('reads events and passes comments over', () => {
    expect(new SseParser().push(text)).toEqual(events);
  });

  it('reads the same wherever the text was cut', () => {
    const parser = new SseParser();
    expect(text.split('').flatMap((character) => parser.push(character))).toEqual(events);
  });
});
