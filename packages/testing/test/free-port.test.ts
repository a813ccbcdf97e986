import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { freePort } from '../src/free-port.js';

const HOLDS = `require('node:net').createServer().listen({ path: '\\0' + process.argv[1] })
  .on('listening', () => { console.log('held'); process.exit(); }).on('error', ({ code }) => console.log(code))`;

describe('freePort', () => {
  it('gives a port on which one can listen, below those of outgoing connections', async () => {
    const port = await freePort();
    expect(port).toBeLessThan(32_768);
    const server = createServer().listen(port, '127.0.0.1');
    await once(server, 'listening');
    server.close();
  });

  const itOnLinux = process.platform === 'linux' ? it : it.skip;
  itOnLinux('keeps what it has given from every other process', async () => {
    const ask = (port: number) => promisify(execFile)(process.execPath, ['-e', HOLDS, `millrace-port-${port}`]);
    expect((await ask(await freePort())).stdout).toBe('EADDRINUSE\n');
  });
});
