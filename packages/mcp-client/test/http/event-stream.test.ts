import { describe, expect, it } from '@jest/globals';
import { EventStreamReader } from '../../src/http/event-stream.js';

function readInPieces(stream: string, size: number): string[] {
  const bytes = Buffer.from(stream);
  const reader = new EventStreamReader();
  const events: string[] = [];
  for (let at = 0; at < bytes.length; at += size) events.push(...reader.push(bytes.subarray(at, at + size)));
  return events;
}

describe('EventStreamReader', () => {
  it.each([
    ['line feeds', '\n'],
    ['carriage returns', '\r'],
    ['both', '\r\n'],
  ])('reads events with %s as line ends, wherever the chunks end', (_name, end) => {
    const stream = [
      '\ufeff: hello',
      'event: message',
      'data: {"a":"ü€😀"}',
      'id: 1',
      '',
      'data:two',
      'data: lines',
      '',
      '',
    ].join(end);
    for (const size of [1, 2, 3, 7, 1_000]) {
      expect(readInPieces(stream, size)).toEqual(['{"a":"ü€😀"}', 'two\nlines']);
    }
  });

  it('returns nothing for an event without data, or without an end', () => {
    expect(readInPieces('id: 1\n\ndata: unfinished\n', 100)).toEqual([]);
  });

  it('tells how much of an unfinished event it holds', () => {
    const reader = new EventStreamReader();
    reader.push(Buffer.from('data: one\n\n'));
    expect(reader.unfinishedLength).toBe(0);
    reader.push(Buffer.from(`data: ${'x'.repeat(100)}`));
    expect(reader.unfinishedLength).toBe(106);
  });
});
