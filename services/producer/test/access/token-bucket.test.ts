import { describe, expect, it } from '@jest/globals';
import { TokenBucket } from '../../src/access/token-bucket.js';

function bucketAt(perSecond: number, burst: number) {
  const clock = { ms: 0 };
  return { bucket: new TokenBucket({ perSecond, burst }, () => clock.ms), clock };
}

describe('TokenBucket', () => {
  it('lets a burst through, then one at a time at its rate, and says how long to wait', () => {
    const { bucket, clock } = bucketAt(2, 3);
    expect([bucket.take(), bucket.take(), bucket.take(), bucket.take()]).toEqual([0, 0, 0, 0.5]);
    clock.ms = 250;
    expect(bucket.take()).toBe(0.25);
    clock.ms = 500;
    expect([bucket.take(), bucket.take()]).toEqual([0, 0.5]);
  });

  it('saves up no more than a burst, however long nobody asked', () => {
    const { bucket, clock } = bucketAt(100, 2);
    clock.ms = 86_400_000;
    expect([bucket.take(), bucket.take(), bucket.take() > 0]).toEqual([0, 0, true]);
  });

  it('does not make those who ask again and again wait for ever', () => {
    const { bucket, clock } = bucketAt(1, 1);
    let taken = 0;
    for (; clock.ms < 10_000; clock.ms += 1) if (bucket.take() === 0) taken += 1;
    expect(taken).toBe(10);
  });
});
