import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { promisify } from 'node:util';
import { describe, it } from '@jest/globals';
import { waitUntil } from '../src/wait-until.js';

const run = promisify(execFile);
const testing = new URL('../dist/index.js', import.meta.url).href;

/** Leaves a frozen Redis behind, and says where it was. */
const CARELESS = `
  import { startRedisServer } from '${testing}';
  const { freeze, pid, port, dir } = await startRedisServer();
  freeze();
  process.stdout.write(JSON.stringify({ pid, port, dir }), () => process.exit());`;

/** A frozen server keeps its port. */
async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  const isListening = await once(server, 'listening').then(
    () => true,
    () => false,
  );
  server.close();
  return isListening;
}

describe('a Redis that was started for a test', () => {
  it('ends with the process that started it, though it is frozen and nobody stops it', async () => {
    const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', CARELESS]);
    const { pid, port, dir } = JSON.parse(stdout);
    await rm(dir, { recursive: true });
    await waitUntil(() => isFree(port), 'it is gone').catch((error) => {
      process.kill(pid, 'SIGKILL');
      throw error;
    });
  });
});
