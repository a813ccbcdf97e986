import { describe, expect, it } from '@jest/globals';
import { loadConfig } from '../src/config.js';

describe('loadConfig', () => {
  it('needs nothing to be set', () => {
    expect(loadConfig({})).toEqual({
      port: 8090,
      host: '127.0.0.1',
      key: undefined,
      keys: [],
      keysFile: undefined,
      configPollMs: 1_000,
      allowAnonymous: false,
      redisUrl: 'redis://127.0.0.1:6379',
      clusterNodes: [],
      sentinels: [],
      replicas: 1,
      namespace: 'millrace',
      partitions: 1,
      durability: 'fsync',
      entryFormat: 2,
      identityTtlMs: 3_600_000,
      recordTtlMs: 86_400_000,
      configDir: 'config',
      redaction: expect.anything(),
      maxBacklog: 1_000_000,
      maxEventBytes: 262_144,
      appendDeadlineMs: 2_500,
      logLevel: 'info',
    });
  });

  it('refuses to be reachable by others without a key, unless told that this is meant', () => {
    const open = { MILLRACE_HOST: '0.0.0.0' };
    expect(() => loadConfig(open)).toThrow(/MILLRACE_OPERATOR_KEY/);
    expect(() => loadConfig({ ...open, MILLRACE_ALLOW_ANONYMOUS: 'false' })).toThrow(/MILLRACE_OPERATOR_KEY/);
    expect(loadConfig({ ...open, MILLRACE_ALLOW_ANONYMOUS: 'true' }).key).toBeUndefined();
    expect(loadConfig({ ...open, MILLRACE_OPERATOR_KEY: 'sesame' }).key).toBe('sesame');
    for (const host of ['127.0.0.9', '::1', 'localhost']) expect(loadConfig({ MILLRACE_HOST: host }).host).toBe(host);
  });

  it('names every problem at once', () => {
    const wrong = { OPERATOR_PORT: '70000', REDIS_URL: 'localhost', MILLRACE_DURABILITY: 'none', LOG_LEVEL: 'loud' };
    expect(() => loadConfig(wrong)).toThrow(/OPERATOR_PORT.*LOG_LEVEL.*REDIS_URL.*MILLRACE_DURABILITY/s);
    const shortRecord = { MILLRACE_HOST: '0.0.0.0', MILLRACE_RECORD_TTL_MS: '1000' };
    expect(() => loadConfig(shortRecord)).toThrow(/MILLRACE_OPERATOR_KEY.*MILLRACE_IDENTITY_TTL_MS/s);
  });
});
