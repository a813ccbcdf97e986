import { connect } from 'node:net';
import type { RequestMaker } from './request-maker.ts';

/** What is posted, over and over. */
export interface HttpLoad {
  readonly port: number;
  /** Asked for by each connection, which then has it to itself. */
  readonly newRequests: () => RequestMaker;
  readonly connections: number;
  readonly durationMs: number;
}

export interface HttpLoadResult {
  readonly requests: number;
  readonly seconds: number;
}

const READ_BYTES = 64 * 1024;

/**
 * Posts on so many keep-alive connections, one request at a time on each, for the duration. Speaks just enough HTTP/1.1 to
 * leave the time of the machine to the server: the well-kept load generators of the ecosystem take more of it than a
 * Fastify needs to answer. Throws when any answer is not 2xx.
 */
export async function postForAWhile(load: HttpLoad): Promise<HttpLoadResult> {
  const startedAt = performance.now();
  const endsAt = startedAt + load.durationMs;
  const counts = await Promise.all(Array.from({ length: load.connections }, () => postOnOneConnection(load, endsAt)));
  const requests = counts.reduce((sum, count) => sum + count, 0);
  return { requests, seconds: (performance.now() - startedAt) / 1_000 };
}

function postOnOneConnection({ port, newRequests }: HttpLoad, endsAt: number): Promise<number> {
  const requests = newRequests();
  return new Promise((resolve, reject) => {
    let answered = 0;
    let received = '';
    const end = (error?: Error) => {
      if (error === undefined) resolve(answered);
      else reject(error);
      socket.destroy();
    };
    // Read past the streams of Node, which cost more than what is read.
    const callback = (bytes: number, buffer: Uint8Array) => {
      received += (buffer as Buffer).toString('latin1', 0, bytes);
      const length = lengthOfAnswer(received);
      if (length === undefined || received.length < length) return true;
      if (received.charCodeAt(9) !== 0x32) {
        end(new Error(`an event was not accepted: ${received}`));
        return false;
      }
      received = '';
      answered += 1;
      if (performance.now() < endsAt) socket.write(requests.next());
      else end();
      return true;
    };
    const onread = { buffer: Buffer.alloc(READ_BYTES), callback };
    const socket = connect({ port, host: '127.0.0.1', noDelay: true, onread });
    socket.once('connect', () => socket.write(requests.next()));
    socket.once('error', end);
    socket.once('close', () => end(new Error('the server closed a connection that was in use')));
  });
}

/** Headers and body together, once the headers are there. */
function lengthOfAnswer(received: string): number | undefined {
  const headersEnd = received.indexOf('\r\n\r\n');
  if (headersEnd < 0) return undefined;
  const bodyLength = /\r\ncontent-length: *(\d+)/i.exec(received)?.[1];
  if (bodyLength === undefined) throw new Error(`an answer of unknown length: ${received}`);
  return headersEnd + 4 + Number(bodyLength);
}
