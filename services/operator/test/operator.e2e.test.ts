import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type RedisServer, startRedisServer, waitUntil } from '@millrace/testing';

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));

let redis: RedisServer;
const running = new Set<ReturnType<typeof launch>>();

beforeAll(async () => {
  redis = await startRedisServer();
});

afterEach(() => {
  for (const child of running) child.kill('SIGKILL');
  running.clear();
});

afterAll(() => redis.stop());

function launch(settings: Record<string, string> = {}) {
  const env = { PATH: process.env.PATH, OPERATOR_PORT: '0', REDIS_URL: redis.url, ...settings };
  const child = spawn(process.execPath, [main], { env, stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  running.add(child);
  return child;
}

async function startOperator() {
  const child = launch({ LOG_LEVEL: 'silent' });
  const [message] = await once(child, 'message');
  return { child, url: `http://127.0.0.1:${(message as { port: number }).port}` };
}

describe('the operator process', () => {
  it('shows the gauges of the whole, none of them while Redis is gone, and all again when it is back', async () => {
    const { url } = await startOperator();
    const gauges = async (): Promise<readonly string[]> =>
      (await (await fetch(`${url}/metrics`)).text()).match(/^\w+\{partition="0"\} \d+/gm) ?? [];
    await waitUntil(async () => (await gauges()).includes('millrace_backlog{partition="0"} 0'), 'the backlog is shown');
    const all = (await gauges()).length;
    expect(all).toBeGreaterThan(1);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    await redis.kill();
    await waitUntil(async () => (await gauges()).length === 0, 'no gauge is shown');
    expect((await fetch(`${url}/readyz`)).status).toBe(503);
    expect((await fetch(`${url}/v1/dead-letters`)).status).toBe(503);
    await redis.restart();
    await waitUntil(async () => (await gauges()).length === all, 'all gauges are shown');
  });

  it('stops with exit code 0 on SIGTERM', async () => {
    const { child, url } = await startOperator();
    expect((await fetch(`${url}/v1/consumers`)).status).toBe(200);
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it('refuses to start where others can reach it and no key is asked for', async () => {
    const child = launch({ MILLRACE_HOST: '0.0.0.0' });
    const [output, exit] = await Promise.all([text(child.stdout ?? Readable.from([])), once(child, 'exit')]);
    expect(exit).toEqual([1, null]);
    expect(output).toContain('MILLRACE_OPERATOR_KEY: required when listening on 0.0.0.0');
  });
});
