import { describe, expect, it } from '@jest/globals';
import { listActs, recordAct } from '@millrace/stream-client';
import { setStage, stream } from '../stage.js';

setStage();

describe('the audit list', () => {
  it('shows acts in pages, the latest first, and keeps the latest 1,000', async () => {
    for (let n = 1; n <= 1_005; n += 1) await recordAct(stream, { action: 'test', target: `t${n}`, count: n });
    await recordAct(stream, { action: 'event.cancel', target: '0-1-1', count: 2, from: '127.0.0.1' });
    const first = await listActs(stream, { limit: 2 });
    expect(first?.items).toMatchObject([
      { action: 'event.cancel', target: '0-1-1', count: 2, from: '127.0.0.1', at: expect.any(Date) },
      { action: 'test', target: 't1005', count: 1_005 },
    ]);
    const second = await listActs(stream, { limit: 2, cursor: first?.next ?? '' });
    expect(second?.items.map(({ target }) => target)).toEqual(['t1004', 't1003']);
    expect(await stream.redis.xlen(stream.keys.audit)).toBe(1_000);
    expect(await listActs(stream, { limit: 2, cursor: 'nonsense' })).toBeUndefined();
  });
});
