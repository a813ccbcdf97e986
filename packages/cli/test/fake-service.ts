import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** A request as a fake service saw it. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** What a fake service answers: a status with a body, or nothing at all, the connection being reset. */
export type FakeAnswer = { readonly status: number; readonly body: unknown } | 'reset';

/** An HTTP service on loopback whose answers are a function of the request. */
export class FakeService {
  readonly seen: SeenRequest[] = [];
  #url = '';
  readonly #server = createServer();

  get url(): string {
    return this.#url;
  }

  static async start(answer: (request: SeenRequest) => FakeAnswer): Promise<FakeService> {
    const service = new FakeService();
    service.#server.on('request', (request, response) => {
      void text(request).then((body) => {
        const seen = { method: request.method ?? '', path: request.url ?? '', headers: request.headers, body };
        service.seen.push(seen);
        const given = answer(seen);
        if (given === 'reset') return request.socket.resetAndDestroy();
        response.writeHead(given.status, { 'content-type': 'application/json' });
        response.end(typeof given.body === 'string' ? given.body : JSON.stringify(given.body));
      });
    });
    service.#server.listen(0, '127.0.0.1');
    await once(service.#server, 'listening');
    service.#url = `http://127.0.0.1:${(service.#server.address() as AddressInfo).port}`;
    return service;
  }

  /** Stopping twice is fine. */
  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
