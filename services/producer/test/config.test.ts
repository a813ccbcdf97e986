import { describe, expect, it } from '@jest/globals';
import { loadConfig } from '../src/config.js';

describe('loadConfig', () => {
  it('needs nothing to be set', () => {
    expect(loadConfig({})).toMatchObject({
      port: 8080,
      host: '127.0.0.1',
      redisUrl: 'redis://127.0.0.1:6379',
      namespace: 'millrace',
      durability: 'fsync',
      maxBacklog: 1_000_000,
      maxEventBytes: 262_144,
      appendDeadlineMs: 2_500,
      apiKey: undefined,
    });
  });

  it('refuses to be reachable by others without a key, unless told that this is meant', () => {
    const open = { MILLRACE_HOST: '0.0.0.0' };
    expect(() => loadConfig(open)).toThrow(/MILLRACE_API_KEY/);
    expect(() => loadConfig({ ...open, MILLRACE_ALLOW_ANONYMOUS: 'false' })).toThrow(/MILLRACE_API_KEY/);
    expect(loadConfig({ ...open, MILLRACE_ALLOW_ANONYMOUS: 'true' }).apiKey).toBeUndefined();
    expect(loadConfig({ ...open, MILLRACE_API_KEY: 'sesame' }).apiKey).toBe('sesame');
    for (const host of ['127.0.0.9', '::1', 'localhost']) expect(loadConfig({ MILLRACE_HOST: host }).host).toBe(host);
  });

  it('names every problem at once', () => {
    const settings = { PRODUCER_PORT: '70000', REDIS_URL: 'localhost', MILLRACE_DURABILITY: 'none', LOG_LEVEL: 'loud' };
    expect(() => loadConfig(settings)).toThrow(/PRODUCER_PORT.*LOG_LEVEL.*REDIS_URL.*MILLRACE_DURABILITY/s);
  });
});
