import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createToolCaller } from '@millrace/mcp-client';
import type { Cloud } from '../../../../tests/system/mock-cloud.js';
import { type ServiceProcess, startService } from '../../../../tests/system/service-process.js';

const CLOUDS: readonly Cloud[] = ['aws', 'gcp', 'azure'];
const never = new AbortController().signal;
const clouds = new Map<Cloud, ServiceProcess>();
let dir: string;
let reader: ReturnType<typeof createToolCaller>;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'millrace-resources-'));
  const start = async (cloud: Cloud) => {
    const env = { CLOUD: cloud, WITNESS_FILE: join(dir, cloud), [`MCP_${cloud.toUpperCase()}_PORT`]: '0' };
    clouds.set(cloud, await startService('mcp-server', env));
  };
  await Promise.all(CLOUDS.map(start));
  const servers = [...clouds].map(([name, { url }]) => ({ name, url: `${url}/mcp`, privateAddresses: true }));
  // Nothing listens at the discard port.
  const away = { name: 'away', url: 'http://127.0.0.1:9/mcp', privateAddresses: true };
  reader = createToolCaller([...servers, away]);
});

afterAll(async () => {
  await reader?.close();
  for (const cloud of clouds.values()) await cloud.stop();
  await rm(dir, { recursive: true, force: true });
});

function read(server: string, uri: string, timeoutMs = 10_000, signal = never) {
  return reader.readResource({ server, uri, timeoutMs }, signal);
}

describe('readResource', () => {
  it.each(['gcp', 'azure'])('reads the text of a resource, of a template too, from %s', async (server) => {
    expect(await read(server, 'people://on-call')).toMatchObject({
      kind: 'ok',
      text: 'The platform team, at any time.',
    });
    expect(await read(server, 'runbook://services/check%20out')).toMatchObject({
      kind: 'ok',
      text: expect.stringMatching(/^# check out\n/),
    });
  });

  it('is refused, and not worth a repeat, where there is no such resource, or the server has none at all', async () => {
    for (const [server, uri] of [
      ['gcp', 'people://nobody'],
      ['azure', 'people://nobody'],
      ['aws', 'people://on-call'],
    ] as const) {
      const { error } = (await read(server, uri)) as { error?: { retryable: boolean; class: string; message: string } };
      expect([server, error?.class, error?.retryable]).toEqual([server, 'refused', false]);
      expect(error?.message).toContain(`resource '${uri}'`);
    }
  });

  it('is for later where the server is away, and ends with its signal', async () => {
    const away = (await read('away', 'people://on-call')) as { error?: { class: string; retryable: boolean } };
    expect(away.error).toMatchObject({ class: 'not-sent', retryable: true });
    const given = await read('gcp', 'people://on-call', 10_000, AbortSignal.abort());
    expect(given).toMatchObject({ kind: 'failed', error: { code: 'TOOL_ABORTED' } });
    expect(await read('nowhere', 'people://on-call')).toMatchObject({ error: { code: 'SERVER_UNKNOWN' } });
  });
});
