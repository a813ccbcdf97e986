import { describe, expect, it } from '@jest/globals';
import { contextIdOf, enterContext } from '@millrace/stream-client';
import { appendAll } from '../open-test-stream.js';
import { setStage, stream } from '../stage.js';

setStage();

describe('a context', () => {
  it('is kept while somebody is in it, longer than anybody may be parked, however short its memory', async () => {
    const [first = '', second = '', third = ''] = await appendAll(stream, ['a', 'b', 'c']);
    const context = { route: 'r', name: 'ada', keepMs: 20 };
    expect(await enterContext(stream, { ...context, ref: first, seq: 1 })).toEqual({
      kind: 'entered',
      memory: undefined,
    });
    const id = contextIdOf(context);
    const longestParkedMs = 2_592_000_000;
    expect(await stream.redis.pttl(stream.keys.context(id))).toBeGreaterThan(longestParkedMs);
    expect(await enterContext(stream, { ...context, ref: second, seq: 2 })).toEqual({ kind: 'waiting', ahead: 0 });
    expect(await enterContext(stream, { ...context, ref: third, seq: 3 })).toEqual({ kind: 'waiting', ahead: 1 });
    expect(await stream.redis.pttl(stream.keys.context(id))).toBeGreaterThan(longestParkedMs);
    expect(await stream.redis.pttl(stream.keys.contextQueue(id))).toBeGreaterThan(longestParkedMs);
  });
});
