import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { askRedis } from '../../scripts/system/redis-command.mjs';

/** @type {import('node:net').Server[]} */
const servers = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/**
 * A server that answers whatever it is asked with the same bytes, one chunk per element.
 * @param {string[]} chunks
 */
async function startServer(...chunks) {
  let asked = '';
  const server = createServer((socket) => {
    socket.on('data', (data) => {
      asked += String(data);
      for (const chunk of chunks) socket.write(chunk);
      if (chunks.length === 0) socket.end();
    });
  }).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : Number.NaN;
  return { host: `127.0.0.1:${port}`, asked: () => asked };
}

describe('askRedis', () => {
  it('resolves with a simple reply', async () => {
    const { host, asked } = await startServer('+PONG\r\n');
    expect(await askRedis(`redis://${host}`, ['PING'])).toBe('PONG');
    expect(asked()).toBe('*1\r\n$4\r\nPING\r\n');
  });

  it('puts a reply together that comes in pieces', async () => {
    const { host } = await startServer('$11\r\nhel', 'lo\r\n', 'text\r\n');
    expect(await askRedis(`redis://${host}`, ['INFO'])).toBe('hello\r\ntext');
  });

  it('gives user and password first and answers with the reply to the command', async () => {
    const { host, asked } = await startServer('+OK\r\n+PONG\r\n');
    expect(await askRedis(`redis://me:a%40b@${host}`, ['PING'])).toBe('PONG');
    expect(asked()).toContain('*3\r\n$4\r\nAUTH\r\n$2\r\nme\r\n$3\r\na@b\r\n');
  });

  it('rejects with what the server refused', async () => {
    const { host } = await startServer('-LOADING Redis is loading the dataset in memory\r\n');
    await expect(askRedis(`redis://${host}`, ['PING'])).rejects.toThrow('LOADING');
  });

  it('rejects when the connection is closed without an answer', async () => {
    const { host } = await startServer();
    await expect(askRedis(`redis://${host}`, ['PING'])).rejects.toThrow('closed without an answer');
  });
});
