import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { freePort } from '@millrace/testing';
import { startNoOpConsumer } from './processes/millrace-consumer.ts';
import { startRedis } from './processes/redis-level.ts';
import type { Comparison, Contender, Scope } from './suite/comparison.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const LIMIT_MS = 60_000;
const PORTS = ['PRODUCER_PORT', 'OPERATOR_PORT', 'MCP_AWS_PORT', 'MCP_GCP_PORT', 'MCP_AZURE_PORT'];

/** P10: from nothing to ready. */
export function start({ quick }: Scope): readonly Comparison[] {
  return [
    {
      id: 'P10',
      title: 'from the command to ready, everything prepared before',
      note: 'a fresh clone is bounded by its downloads, and is not measured here',
      warmUps: 0,
      rounds: quick ? 1 : 5,
      contenders: [aConsumer(), theWholeSystem()],
      bars: [
        { contender: 'a consumer', figure: 'seconds', atMost: 2 },
        { contender: 'npm start', figure: 'seconds', atMost: 5 },
      ],
    },
  ];
}

function aConsumer(): Contender {
  return {
    name: 'a consumer',
    start: async () => {
      const redis = await startRedis('fsync');
      return {
        measure: async () => {
          const startedAt = performance.now();
          const consumer = await startNoOpConsumer(redis, 64);
          const seconds = (performance.now() - startedAt) / 1_000;
          await consumer.stop();
          return { seconds };
        },
        stop: () => redis.stop(),
      };
    },
  };
}

/** `npm start` on ports of its own, with the Redis that it starts itself; stopped as Ctrl-C would. */
function theWholeSystem(): Contender {
  return {
    name: 'npm start',
    start: async () => ({
      measure: async () => {
        const ports = await Promise.all(PORTS.map(async (name) => [name, String(await freePort())] as const));
        const env = { ...process.env, ...Object.fromEntries(ports) };
        const startedAt = performance.now();
        const child = spawn(process.execPath, ['scripts/start.mjs'], {
          cwd: root,
          env,
          stdio: ['ignore', 'pipe', 'inherit'],
        });
        const exited = once(child, 'exit');
        const expiry = setTimeout(() => child.kill('SIGTERM'), LIMIT_MS);
        try {
          for await (const line of createInterface(child.stdout)) {
            if (line.startsWith('millrace is ready')) return { seconds: (performance.now() - startedAt) / 1_000 };
          }
          throw new Error('npm start ended before it was ready; is another one running in this checkout?');
        } finally {
          clearTimeout(expiry);
          child.kill('SIGTERM');
          child.stdout.resume();
          await exited;
        }
      },
      stop: async () => undefined,
    }),
  };
}
