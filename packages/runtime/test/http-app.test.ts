import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from '@jest/globals';
import { createHttpApp, createLogger, prepareFarewell } from '@millrace/runtime';

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

describe('prepareFarewell', () => {
  it('answers what still comes in, ends each connection with its answer, and resolves when none is left', async () => {
    const app = createHttpApp(createLogger('test', 'silent'));
    app.get('/', async () => 'hello');
    const farewell = prepareFarewell(app);
    const url = await app.listen({ port: 0, host: '127.0.0.1' });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ask = async () => {
      const [response] = (await once(get(url, { agent }), 'response')) as [IncomingMessage];
      return { body: await text(response), connection: response.headers.connection };
    };
    try {
      expect(await ask()).toEqual({ body: 'hello', connection: 'keep-alive' });
      let hasParted = false;
      const parted = farewell(60_000).then(() => {
        hasParted = true;
      });
      await new Promise(setImmediate);
      expect(hasParted).toBe(false);
      expect(await ask()).toEqual({ body: 'hello', connection: 'close' });
      await parted;
    } finally {
      agent.destroy();
      await app.close();
    }
  });

  it('waits no longer than it is told for a client that says nothing', async () => {
    const app = createHttpApp(createLogger('test', 'silent'));
    const farewell = prepareFarewell(app);
    await app.listen({ port: 0, host: '127.0.0.1' });
    const silent = connect((app.server.address() as AddressInfo).port, '127.0.0.1');
    await once(silent, 'connect');
    await farewell(50);
    silent.destroy();
    await app.close();
  });
});
