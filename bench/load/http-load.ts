import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** What is posted, over and over. */
export interface HttpLoad {
  readonly port: number;
  readonly path: string;
  readonly contentType: string;
  /** A body that was not sent before. All bodies are of the same length. */
  readonly nextBody: () => string;
  readonly connections: number;
  readonly durationMs: number;
}

export interface HttpLoadResult {
  readonly requests: number;
  readonly seconds: number;
}

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

async function postOnOneConnection(load: HttpLoad, endsAt: number): Promise<number> {
  const socket = connect({ port: load.port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  try {
    return await postInTurn(socket, load, endsAt);
  } finally {
    socket.destroy();
  }
}

function postInTurn(socket: Socket, { path, contentType, nextBody }: HttpLoad, endsAt: number): Promise<number> {
  const head = `POST ${path} HTTP/1.1\r\nhost: bench\r\ncontent-type: ${contentType}\r\ncontent-length: `;
  return new Promise((resolve, reject) => {
    let answered = 0;
    let received = '';
    const send = () => {
      const body = nextBody();
      socket.write(`${head}${Buffer.byteLength(body)}\r\n\r\n${body}`);
    };
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => {
      received += chunk;
      const length = lengthOfAnswer(received);
      if (length === undefined || received.length < length) return;
      if (received.charCodeAt(9) !== 0x32) return reject(new Error(`an event was not accepted: ${received}`));
      received = '';
      answered += 1;
      if (performance.now() < endsAt) send();
      else resolve(answered);
    });
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('the server closed a connection that was in use')));
    send();
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
