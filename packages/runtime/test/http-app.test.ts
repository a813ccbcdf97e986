import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from '@jest/globals';
import { createHttpApp, createLogger } from '@millrace/runtime';

describe('createHttpApp', () => {
  it('answers a request whose body does not arrive in time with 408, and ends the connection', async () => {
    const app = createHttpApp(createLogger('test', 'silent'));
    app.post('/', async () => 'never');
    await app.listen({ port: 0, host: '127.0.0.1' });
    expect(app.server.requestTimeout).toBe(10_000);
    app.server.requestTimeout = 1;
    app.server.headersTimeout = 1;
    try {
      const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1');
      socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{}');
      expect(await text(socket)).toMatch(/^HTTP\/1.1 408 .*"code":"REQUEST_TIMEOUT"/s);
    } finally {
      await app.close();
    }
  });

  it('closes at once though a client keeps its connection open', async () => {
    const app = createHttpApp(createLogger('test', 'silent'));
    app.get('/', async () => 'hello');
    const url = await app.listen({ port: 0, host: '127.0.0.1' });
    expect(await (await fetch(url)).text()).toBe('hello');
    await app.close();
    expect(app.server.listening).toBe(false);
  });
});
