import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { TcpProxy } from '../src/tcp-proxy.js';
import { waitUntil } from '../src/wait-until.js';

let server: Server;
let proxy: TcpProxy;
let received: string;
const sockets: Socket[] = [];

/** A server that answers every piece with the same piece in capitals. */
beforeEach(async () => {
  received = '';
  server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => {
      received += bytes.toString();
      socket.write(bytes.toString().toUpperCase());
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  proxy = await TcpProxy.open((server.address() as AddressInfo).port);
});

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await proxy.close();
  server.close();
});

/** A client through the proxy, with what it has been told and how its connection ended. */
async function openClient() {
  const socket = connect(proxy.port, '127.0.0.1');
  sockets.push(socket);
  const client = { socket, heard: '', error: undefined as string | undefined };
  socket.on('data', (bytes) => {
    client.heard += bytes.toString();
  });
  socket.on('error', (error: NodeJS.ErrnoException) => {
    client.error = error.code;
  });
  await new Promise<void>((resolve) => void socket.once('connect', resolve).once('close', () => resolve()));
  return client;
}

describe('a proxy', () => {
  it('hands bytes on in both directions, however many, and an end as an end', async () => {
    const client = await openClient();
    const much = 'x'.repeat(1_000_000);
    client.socket.write(much);
    await waitUntil(() => client.heard.length === much.length, 'everything came back');
    client.socket.end();
    await once(client.socket, 'close');
    expect(client).toMatchObject({ heard: much.toUpperCase(), error: undefined });
    expect(proxy.counts).toMatchObject({ connections: 1, cuts: 0, droppedBytes: 0 });
  });

  it('hands bytes on late and in order', async () => {
    const client = await openClient();
    proxy.set({ kind: 'delay', ms: 60 });
    const sentAt = performance.now();
    for (const piece of ['a', 'b', 'c']) {
      client.socket.write(piece);
      await new Promise(setImmediate);
    }
    await waitUntil(() => client.heard === 'ABC', 'everything came back');
    expect(performance.now() - sentAt).toBeGreaterThanOrEqual(100);
  });

  it('leaves a connection dumb that lost bytes, though it passes others again', async () => {
    const dumb = await openClient();
    proxy.set({ kind: 'blackhole' });
    dumb.socket.write('lost');
    await waitUntil(() => proxy.counts.droppedBytes === 4, 'the bytes are dropped');
    proxy.set({ kind: 'pass' });
    const other = await openClient();
    dumb.socket.write('still lost');
    other.socket.write('fine');
    await waitUntil(() => other.heard === 'FINE', 'the other is answered');
    expect({ heard: dumb.heard, error: dumb.error, isOpen: !dumb.socket.closed, received }).toEqual({
      heard: '',
      error: undefined,
      isOpen: true,
      received: 'fine',
    });
  });

  it('cuts the reply of a request that fits, which the server has carried out', async () => {
    proxy.set({ kind: 'cut-reply', times: 1, where: (request) => request.includes('pay') });
    const client = await openClient();
    client.socket.write('hello');
    await waitUntil(() => client.heard === 'HELLO', 'what does not fit passes');
    client.socket.write('pay');
    await once(client.socket, 'close').catch(() => undefined);
    expect({ error: client.error, received }).toEqual({ error: 'ECONNRESET', received: 'hellopay' });
    expect(proxy.counts.cuts).toBe(1);
    const next = await openClient();
    next.socket.write('pay');
    await waitUntil(() => next.heard === 'PAY', 'the cut was taken once');
  });

  it('cuts a request in its middle, so that the server has half of it', async () => {
    proxy.set({ kind: 'cut-request', times: 1 });
    const client = await openClient();
    client.socket.write('halfhalf');
    await once(client.socket, 'close').catch(() => undefined);
    await waitUntil(() => received === 'half', 'the server has half');
    expect({ error: client.error, heard: client.heard }).toEqual({ error: 'ECONNRESET', heard: '' });
  });

  it('refuses new connections and keeps open ones', async () => {
    const open = await openClient();
    proxy.set({ kind: 'refuse' });
    const refused = await openClient();
    await waitUntil(() => refused.socket.closed, 'the new one is reset');
    open.socket.write('still');
    await waitUntil(() => open.heard === 'STILL', 'the open one goes on');
  });

  it('resets what is open, and leads new connections elsewhere when told so', async () => {
    const client = await openClient();
    expect(proxy.reset()).toBe(1);
    await waitUntil(() => client.error === 'ECONNRESET', 'it is reset');
    const other = createServer((socket) => socket.end('other')).listen(0, '127.0.0.1');
    await once(other, 'listening');
    proxy.pointTo((other.address() as AddressInfo).port);
    const next = await openClient();
    await waitUntil(() => next.heard === 'other', 'the other server answers');
    other.close();
  });
});

describe('closing a proxy', () => {
  const MANY = 60;
  const ROUNDS = 8;
  /** A process with many connections that are never at rest. */
  const CLIENTS = `
    const { connect } = require('node:net');
    for (let n = 0; n < ${MANY}; n += 1) {
      const socket = connect(Number(process.argv[1]), '127.0.0.1');
      const write = () => socket.write(Buffer.alloc(2000), () => setTimeout(write, 4 * Math.random()));
      socket.on('connect', write);
      socket.on('data', () => {});
    }`;
  const countOpen = () => process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;

  it('leaves no connection open, though whoever was at the other ends was killed a moment before', async () => {
    const before = countOpen();
    for (let round = 0; round < ROUNDS; round += 1) {
      received = '';
      const one = await TcpProxy.open((server.address() as AddressInfo).port);
      const clients = spawn(process.execPath, ['-e', CLIENTS, String(one.port)], { stdio: 'ignore' });
      const gone = once(clients, 'exit');
      await waitUntil(() => one.counts.open === MANY && received.length > 1_000_000, 'all are at work');
      clients.kill('SIGKILL');
      await gone;
      await one.close();
    }
    await waitUntil(() => countOpen() <= before, 'all are closed');
  });
});
