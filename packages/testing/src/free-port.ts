import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type ListenOptions, type Server } from 'node:net';

/** Below the ports that Linux (from 32768) and macOS (from 49152) give to outgoing connections. */
const LOWEST = 10_000;
/** Another 10,000 above a port Redis opens its cluster bus, which stays below them too. */
const END = 20_000;
const RESERVED_MS = 300_000;

/**
 * A TCP port on which nothing listens. No outgoing connection is given it, so a server that goes away can come back on
 * it, and whoever asks for it meanwhile is refused. On Linux nobody else is handed it within five minutes, in whatever process.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(LOWEST, END);
    const reservation = await reserve(port);
    if (reservation === undefined) continue;
    if (await isFree(port)) return port;
    reservation.close();
  }
}

/** An abstract socket: gone with its process, however that ends. Other systems have none; there, chance has to do. */
async function reserve(port: number): Promise<Server | undefined> {
  if (process.platform !== 'linux') return createServer();
  const reservation = await listen({ path: `\0millrace-port-${port}` });
  if (reservation === undefined) return undefined;
  reservation.unref();
  setTimeout(() => reservation.close(), RESERVED_MS).unref();
  return reservation;
}

async function isFree(port: number): Promise<boolean> {
  const server = await listen({ port });
  if (server === undefined) return false;
  server.close();
  await once(server, 'close');
  return true;
}

/** Undefined when somebody else listens there. */
async function listen(where: ListenOptions): Promise<Server | undefined> {
  const server = createServer().listen({ ...where, exclusive: true });
  try {
    await once(server, 'listening');
    return server;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return undefined;
    throw error;
  }
}
