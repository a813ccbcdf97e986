import { connect, type Socket } from 'node:net';

/** What came back on a connection until it was closed. */
export interface RawAnswer {
  /** Of the first answer; undefined when the connection was closed without one. */
  readonly status: number | undefined;
  readonly text: string;
}

/** Longest time that an answer may take, in ms; no promise is about this. */
const LIMIT_MS = 30_000;

/**
 * Sends bytes as they are, and reads until the other side closes. `write` may go on sending: it stops when the connection
 * is gone.
 */
export async function sendRaw(
  url: string,
  first: string | Buffer,
  write?: (socket: Socket) => Promise<void>,
): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  // A connection that is reset in the middle of our writing has its answer, if any, before that.
  socket.on('error', () => socket.destroy());
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  const limit = setTimeout(() => socket.destroy(), LIMIT_MS);
  try {
    socket.write(first);
    await write?.(socket);
    await closed;
  } finally {
    clearTimeout(limit);
    socket.destroy();
  }
  const text = Buffer.concat(chunks).toString('latin1');
  const status = /^HTTP\/1\.1 (\d{3})/.exec(text)?.[1];
  return { status: status === undefined ? undefined : Number(status), text };
}

/** Writes chunks of a chunked body until there are enough, or the connection is gone. */
export async function writeChunks(socket: Socket, totalBytes: number): Promise<void> {
  const size = 64 * 1024;
  const chunk = Buffer.from(`${size.toString(16)}\r\n${'x'.repeat(size)}\r\n`);
  for (let sent = 0; sent < totalBytes && !socket.destroyed && socket.writable; sent += size) {
    if (socket.write(chunk)) await new Promise((resolve) => setImmediate(resolve));
    else await Promise.race([once(socket, 'drain'), once(socket, 'close')]);
  }
}

function once(socket: Socket, event: 'drain' | 'close'): Promise<void> {
  return new Promise((resolve) => socket.once(event, () => resolve()));
}
