import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type RedisServer, startRedisServer, waitUntil } from '@millrace/testing';

let server: RedisServer;
const children: ChildProcess[] = [];

/** An example as a user runs it, with everything that it has printed so far. */
function run(example: string, ...args: string[]) {
  const file = fileURLToPath(new URL(`../${example}`, import.meta.url));
  const env = { ...process.env, REDIS_URL: server.url, CLAIM_IDLE_MS: '200' };
  const child = spawn(process.execPath, [file, ...args], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  let printed = '';
  child.stdout.on('data', (chunk: Buffer) => {
    printed += chunk.toString();
  });
  return { child, exited: once(child, 'exit'), lines: () => printed.split('\n').filter((line) => line !== '') };
}

async function publish(id: string): Promise<{ kind: string; ref: string }> {
  const publisher = run('publish.ts', id);
  expect(await publisher.exited).toEqual([0, null]);
  return JSON.parse(publisher.lines()[0] ?? '');
}

beforeAll(async () => {
  server = await startRedisServer();
});

afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await server.stop();
});

describe('the examples', () => {
  it('publish an event once and consume it', async () => {
    const first = await publish('a');
    expect(first.kind).toBe('accepted');
    expect(await publish('a')).toEqual({ ...first, id: 'a', kind: 'duplicate' });
    const consumer = run('consume.ts');
    await waitUntil(() => consumer.lines().length === 1, 'the event is consumed');
    expect(JSON.parse(consumer.lines()[0] ?? '')).toEqual({
      id: 'a',
      type: 'com.example.greeting',
      data: '{"text":"hello"}',
    });
    consumer.child.kill('SIGTERM');
    expect(await consumer.exited).toEqual([0, null]);
  });

  it('lose nothing when a consumer is killed', async () => {
    const first = run('consume.ts');
    await publish('b');
    await waitUntil(() => first.lines().length >= 1, 'the consumer works');
    first.child.kill('SIGKILL');
    await first.exited;
    await publish('c');
    const second = run('consume.ts');
    await waitUntil(() => second.lines().some((line) => JSON.parse(line).id === 'c'), 'another goes on');
  });
});
