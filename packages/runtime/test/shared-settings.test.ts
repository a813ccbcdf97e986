import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { findStreamProblems, readEnv, STREAM_SETTINGS, toStreamConfig } from '@millrace/runtime';
import { z } from 'zod';

const schema = z.object(STREAM_SETTINGS);
const PEM = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----';

describe('REDIS_TLS_CA', () => {
  it('is trusted by the stream, given as text or in a file', () => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-settings-'));
    const file = join(folder, 'ca.crt');
    writeFileSync(file, `${PEM}\n`);
    const REDIS_URL = 'rediss://redis.internal:6379';
    const values = [{ REDIS_TLS_CA: PEM }, { REDIS_TLS_CA_FILE: file }].map((ca) =>
      readEnv(schema, { REDIS_URL, ...ca }),
    );
    rmSync(folder, { recursive: true });
    expect(values.map((one) => toStreamConfig(one).tlsCa)).toEqual([PEM, PEM]);
    expect(values.flatMap(findStreamProblems)).toEqual([]);
  });

  it('is refused when it is a path, or a file that holds no certificate', () => {
    expect(() => readEnv(schema, { REDIS_TLS_CA: '/etc/redis/ca.crt' })).toThrow(/REDIS_TLS_CA: .*REDIS_TLS_CA_FILE/);
    expect(() => readEnv(schema, { REDIS_TLS_CA_FILE: '/nowhere/ca.crt' })).toThrow(/REDIS_TLS_CA_FILE: cannot read/);
  });

  it('is refused where nothing would be encrypted', () => {
    const values = readEnv(schema, { REDIS_URL: 'redis://redis.internal:6379', REDIS_TLS_CA: PEM });
    expect(findStreamProblems(values)).toEqual([expect.stringMatching(/^REDIS_TLS_CA: .*rediss/)]);
  });
});

describe('findStreamProblems', () => {
  it('finds none in the defaults, and names an identity that outlives its record', () => {
    expect(findStreamProblems(readEnv(schema, {}))).toEqual([]);
    const values = readEnv(schema, { MILLRACE_IDENTITY_TTL_MS: '2000', MILLRACE_RECORD_TTL_MS: '1000' });
    expect(findStreamProblems(values)).toEqual([expect.stringMatching(/^MILLRACE_IDENTITY_TTL_MS: /)]);
  });
});

describe('REDIS_CLUSTER_NODES', () => {
  const url = 'redis://user:password@one:6379';

  it('is read as a list of addresses, and is empty when it is not set', () => {
    const read = (env: Record<string, string>) => toStreamConfig(readEnv(z.object(STREAM_SETTINGS), env)).clusterNodes;
    expect(read({})).toEqual([]);
    expect(read({ REDIS_CLUSTER_NODES: 'one:6379,two:6380' })).toEqual([
      { host: 'one', port: 6379 },
      { host: 'two', port: 6380 },
    ]);
    expect(() => read({ REDIS_CLUSTER_NODES: 'redis://one:6379' })).toThrow(/REDIS_CLUSTER_NODES/);
  });

  it.each([
    ['Sentinels', { REDIS_URL: url, REDIS_SENTINELS: 'one:26379' }],
    ['a database other than the first', { REDIS_URL: `${url}/1` }],
  ])('is refused with %s', (_what, env) => {
    const values = readEnv(z.object(STREAM_SETTINGS), { REDIS_CLUSTER_NODES: 'one:6379', ...env });
    expect(findStreamProblems(values)).toEqual([expect.stringMatching(/^REDIS_CLUSTER_NODES: /)]);
  });

  it('goes with a URL that says user and password', () => {
    const values = readEnv(z.object(STREAM_SETTINGS), { REDIS_CLUSTER_NODES: 'one:6379', REDIS_URL: url });
    expect(findStreamProblems(values)).toEqual([]);
  });
});

describe('REDIS_SENTINELS', () => {
  it('is read as a list of addresses, and is empty when it is not set', () => {
    const sentinelsIn = (list?: string) =>
      toStreamConfig(readEnv(z.object(STREAM_SETTINGS), list === undefined ? {} : { REDIS_SENTINELS: list })).sentinels;
    expect(sentinelsIn()).toEqual([]);
    expect(sentinelsIn('one:26379,[::1]:26380')).toEqual([
      { host: 'one', port: 26379 },
      { host: '::1', port: 26380 },
    ]);
    for (const list of ['one', 'one:x', 'one:1,', 'one:1 two:2', '::1:26379'])
      expect(() => sentinelsIn(list)).toThrow(/REDIS_SENTINELS/);
  });

  it('is wanted where there is a password for them', () => {
    const values = readEnv(z.object(STREAM_SETTINGS), { REDIS_SENTINEL_PASSWORD: 'secret' });
    expect(findStreamProblems(values)).toEqual([expect.stringMatching(/^REDIS_SENTINEL_PASSWORD: /)]);
  });
});
